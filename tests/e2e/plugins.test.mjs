// The card of each plugin's task: what the task asks for (About), and what runs it and what that tells (Attempts).
//
// Takes what browser.mjs takes, and EXECUTION for the place. Tasks are what flytekit's packages have written
// (propeller/tests/plugins), but for a command that waits; what is told of them is what the plugins read from recorded
// statuses, told to the server as a propeller tells it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { execution, isAccessible, picture, post, required, server, visit } from './browser.mjs';

const { project, domain, list } = execution(required('EXECUTION'));
const version = `v${Date.now()}`;
const id = (resourceType, name) => ({ resourceType, project, domain, name, version });
const waits = { image: 'registry.local/task:1', command: ['sleep', '600'] };
const nothing = { inputs: { variables: {} }, outputs: { variables: {} } };

/** What is asked for, what is told, and what the cards say of both. */
const PLUGINS = {
  dask: {
    tells: {},
    asks: ['workers', 'numberOfWorkers: 1'],
  },
  ray: {
    tells: { logs: [{ name: 'Ray Dashboard', uri: 'http://head.ns.svc:8265' }] },
    asks: ['rayCluster', 'replicas: 2'],
  },
  spark: {
    tells: {
      logs: [{ name: 'Spark Driver UI', uri: 'http://10.0.0.9:4040' }],
      customInfo: { driver: 'exec-n0-0-driver', executors: { 'exec-n0-0-exec-1': 'RUNNING', 'exec-n0-0-exec-2': 'PENDING' } },
    },
    asks: ['sparkConf', 'spark.executor.instances: 2', 'mainApplicationFile', 'local:///opt/venv/bin/entrypoint.py'],
    says: ['driver', 'exec-n0-0-driver', 'executors', 'exec-n0-0-exec-1: RUNNING', 'exec-n0-0-exec-2: PENDING'],
  },
  pytorch: {
    tells: { customInfo: { replicaStatuses: { Master: { active: 1 }, Worker: { active: 1, succeeded: 1 } } } },
    asks: ['masterReplicas', 'workerReplicas', 'replicas: 2'],
    says: ['replicaStatuses', 'Master: {active: 1}', 'Worker: {active: 1, succeeded: 1}'],
  },
  tensorflow: {
    tells: { customInfo: { replicaStatuses: { Chief: { active: 1 }, PS: { active: 1 }, Worker: { active: 2 } } } },
    asks: ['chiefReplicas', 'psReplicas', 'workerReplicas'],
    says: ['replicaStatuses', 'PS: {active: 1}', 'Worker: {active: 2}'],
  },
  mpi: {
    tells: { customInfo: { replicaStatuses: { Launcher: { active: 1 }, Worker: { active: 4 } } } },
    asks: ['launcherReplicas', 'workerReplicas', 'slots'],
    says: ['replicaStatuses', 'Launcher: {active: 1}', 'Worker: {active: 4}'],
  },
  'aws-batch': {
    // A task of the type itself would be a job of AWS, of which this server knows nothing.
    template: { type: 'raw-container', config: { platformCapabilities: 'EC2' }, custom: { platformCapabilities: 'EC2', tags: { team: 'a' } } },
    tells: {
      logs: [{ name: 'AWS Batch Job', uri: 'https://eu-west-1.console.aws.amazon.com/batch/home?region=eu-west-1#jobs/detail/j-1' }],
      customInfo: { jobId: 'j-1', status: 'RUNNING', attempts: 2 },
    },
    asks: ['platformCapabilities', 'EC2', 'tags', 'team: a'],
    says: ['jobId', 'j-1', 'attempts', '2'],
  },
  connector: {
    template: { type: 'snowflake', config: { account: 'emulated', warehouse: 'w' } },
    tells: { logs: [{ name: 'Snowflake Query Details', uri: 'https://emulated.snowflakecomputing.com/#/query/q-1' }], customInfo: { query: 'q-1' } },
    asks: ['account', 'emulated', 'warehouse'],
    says: ['query', 'q-1'],
  },
};

/** A recorded task, whose command waits. */
function recorded(plugin) {
  const template = JSON.parse(readFileSync(new URL(`../../propeller/tests/plugins/${plugin}/plain.task.json`, import.meta.url), 'utf8'));
  if (template.container) template.container = waits;
  for (const container of template.k8sPod?.podSpec.containers ?? []) Object.assign(container, { command: waits.command, args: [] });
  return template;
}

/** Launches an execution of the task alone, and gives its name. */
async function launched(plugin, template) {
  const task = { ...template, id: id('TASK', `cards.${plugin}`), interface: nothing };
  await post('tasks', { id: task.id, spec: { template: task } });
  const workflow = { id: id('WORKFLOW', `cards.${plugin}.wf`), interface: nothing, nodes: [{ id: 'n0', taskNode: { referenceId: task.id } }] };
  await post('workflows', { id: workflow.id, spec: { template: workflow } });
  const launchPlan = id('LAUNCH_PLAN', `cards.${plugin}.wf`);
  await post('launch_plans', { id: launchPlan, spec: { workflowId: workflow.id } });
  const name = `cards-${plugin}-${Date.now()}`;
  await post('executions', { project, domain, name, spec: { launchPlan, metadata: { mode: 'MANUAL' } } });
  return { name, taskId: task.id };
}

for (const [plugin, { template = { container: waits }, tells, asks, says = [] }] of Object.entries(PLUGINS)) {
  test(`the card of ${plugin}: what is asked for, what runs, and where more is told`, async () => {
    const task = template.type ? { container: waits, metadata: { runtime: { type: 'FLYTE_SDK', version: '1.16.31', flavor: 'python' } }, ...template } : recorded(plugin);
    const { name, taskId } = await launched(plugin, task);
    try {
      await visit(`${list}/${name}?view=nodes&node=n0&tab=attempts`, async (page) => {
        await page.locator('.attempts [data-phase="RUNNING"]').waitFor({ timeout: 60_000 });
        const parentNodeExecutionId = { nodeId: 'n0', executionId: { project, domain, name } };
        const metadata = { generatedName: `${name}-n0-0`, pluginIdentifier: plugin };
        const event = { taskId, parentNodeExecutionId, retryAttempt: 0, phase: 'RUNNING', phaseVersion: 7, occurredAt: new Date().toISOString(), metadata, ...tells };
        await post('events/tasks', { requestId: name, event });
        const card = page.locator('.attempts .fact-list');
        await card.getByText(plugin, { exact: true }).waitFor();
        await card.locator('dd code', { hasText: `${name}-n0-0` }).waitFor();
        const told = await card.innerText();
        for (const words of says) assert.ok(told.includes(words), `${words} is not in ${told}`);
        for (const { name, uri } of tells.logs ?? []) {
          assert.equal(await page.locator('.attempts .links a', { hasText: name }).getAttribute('href'), uri);
        }
        // The row has its name with the workflow, which may come after what is told.
        await page.locator('table.nodes [data-rowlink]', { hasText: /./ }).first().waitFor();
        await isAccessible(page);
        await picture(page, `plugin-${plugin}`);
        await page.getByRole('tab', { name: 'About' }).click();
        const about = page.locator('.panel .fact-list').first();
        await about.locator('dd code', { hasText: task.type }).first().waitFor();
        const asked = await about.innerText();
        for (const words of asks) assert.ok(asked.includes(words), `${words} is not in ${asked}`);
      });
    } finally {
      await fetch(`${server}/api/v1/executions/${project}/${domain}/${name}`, { method: 'DELETE', headers: { 'content-type': 'application/json' }, body: '{"cause":"seen"}' });
    }
  });
}
