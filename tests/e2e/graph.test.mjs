// The graph of a run: what is inside of nodes opens in its place, with phases.
//
// Takes what console.test.mjs takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { card } from './dropping.mjs';
import { execution, isAccessible, launch, picture, post, required, visit } from './browser.mjs';

const { place, list, project, domain } = execution(required('EXECUTION'));
/** What is registered here has a version of this run of the tests. */
const made_at = `v${Date.now()}`;
const form = `${place}/launch?kind=workflows&name=stage.nested&version=${required('STAGE_VERSION')}`;
/** A node's line in the outline, which has all nodes however small they are drawn. */
const line = (page, node) => page.locator(`[data-line="${node}"]`);
const ended = async (page, nodes, phase = 'SUCCEEDED') => {
  for (const node of nodes) await line(page, node).and(page.locator(`[data-phase="${phase}"]`)).waitFor();
};
const made = [0, 1, 2, 3, 4].map((at) => `n1/dn${at}`);

test('workflows inside, what a dynamic task made and the items of a map open in their places, with phases', async () => {
  await visit(list, async (page) => {
    await launch(page, form);
    await page.locator('.head .badge[data-phase="SUCCEEDED"]').waitFor({ timeout: 240_000 });
    await card(page, 'n0').locator('.fold').click();
    await card(page, 'n0').and(page.locator('.open')).waitFor();
    await card(page, 'n2').locator('.title', { hasText: 'odd (map)' }).waitFor();
    await card(page, 'n2').locator('.tally[aria-label="4 items: 2 failed, 2 succeeded"]').waitFor();
    await page.getByRole('button', { name: 'Outline' }).click();
    // The arm that was taken has ended, the other one was never run.
    await ended(page, ['n0', 'n0/n0', 'n0/n0-n1']);
    await line(page, 'n0/n0-n0').and(page.locator('[data-phase="SKIPPED"], [data-phase="NOT_RUN"]')).waitFor();
    for (const node of ['n1', 'n2']) {
      await line(page, node).focus();
      await page.keyboard.press('Space');
      await line(page, node).and(page.locator('[aria-expanded="true"]')).waitFor();
    }
    await page.locator('canvas.picture[data-items="4"]').waitFor();
    await ended(page, made);
    await page.getByRole('button', { name: 'Outline' }).click();
    await page.getByRole('button', { name: 'Fit' }).click();
    await picture(page, 'execution-nested');
    await isAccessible(page);
    // All of it is in the address.
    await page.waitForFunction(() => new URL(location).searchParams.get('open').split(',').length === 3);
    await page.reload();
    await ended(page, made);
    await page.getByRole('button', { name: 'Outline' }).click();
    await line(page, 'n1/dn0').click();
    await page.locator('.panel section.data', { hasText: 'Outputs' }).locator('.entry').first().waitFor();
    assert.match(page.url(), /node=n1-0-dn0/);
  });
});

test('a large workflow of the server is laid out beside the page', async () => {
  await register(chainOf(2500), 'large');
  await visit(`${place}/workflows/stage.large/version/${made_at}`, async (page) => {
    await page.waitForFunction(() => Number(document.querySelector('canvas.picture')?.dataset.nodes) >= 2500);
    assert.equal(page.workers().length, 1);
    await picture(page, 'workflow-large');
  });
  await visit(`${place}/workflows/stage.nested/version/${required('STAGE_VERSION')}`, async (page) => {
    await page.locator('.card').first().waitFor();
    assert.equal(page.workers().length, 0);
  });
});

test('a version leads to its changes since the one before', async () => {
  await register(chainOf(3), 'changing', '-1');
  await register(chainOf(4), 'changing', '-2');
  await visit(`${place}/workflows/stage.changing`, async (page) => {
    await page.getByRole('link', { name: `Changes since ${made_at}-1` }).click();
    await page.locator('.changes li', { hasText: 'n3' }).first().waitFor();
    await page.locator('.card[data-node="n3"]').waitFor();
    await picture(page, 'changes-since');
    await isAccessible(page);
  });
});

/** Nodes of which each has the one before, some further back, for its input. */
function chainOf(count) {
  return Array.from({ length: count }, (_, at) => [`n${at}`, at ? `n${Math.max(0, at - 1 - (at % 40))}` : '']);
}

/** Registers a workflow of `[node, from]` under a version of this run of the tests. */
async function register(nodes, name, suffix = '') {
  const id = (resourceType, name) => ({ resourceType, project, domain, name: `stage.${name}`, version: made_at + suffix });
  const int = { type: { simple: 'INTEGER' } };
  const takes = { inputs: { variables: { a: int } }, outputs: { variables: { o0: int } } };
  const task = { id: id('TASK', 'step'), type: 'raw-container', metadata: { runtime: { type: 'OTHER', version: '1' } }, interface: takes, container: { image: 'none', command: ['true'] } };
  await post('tasks', { id: task.id, spec: { template: task } });
  const bind = (from) => [{ var: 'a', binding: { promise: from ? { nodeId: from, var: 'o0' } : { nodeId: '', var: 'a' } } }];
  const template = {
    id: id('WORKFLOW', name),
    interface: takes,
    nodes: nodes.map(([node, from]) => ({ id: node, taskNode: { referenceId: task.id }, inputs: bind(from) })),
    outputs: [{ var: 'o0', binding: { promise: { nodeId: nodes.at(-1)[0], var: 'o0' } } }],
  };
  await post('workflows', { id: template.id, spec: { template } });
}
