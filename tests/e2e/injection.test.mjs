// What users and their tasks choose, names, values, errors, log lines, links and decks, is text on every page: none of
// injections.txt runs, leaves the page or breaks it.
//
// Takes what console.test.mjs takes. A page's policy would stop most of them a second time; that the browser complains of
// nothing says that the policy was not needed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';

import { execution, post, required, server, visit } from './browser.mjs';
import { address, dropText } from './dropping.mjs';

const { project, domain, place, list } = execution(required('EXECUTION'));
const lines = readFileSync(new URL('injections.txt', import.meta.url), 'utf8').trimEnd().split('\n');
const middle = lines.findLastIndex((line) => line.startsWith('# '));
const texts = lines.slice(1, middle);
const decks = lines.slice(middle + 1);
/** The name of the workflow; with a slash, too. */
const named = texts.find((text) => text.startsWith('</script>'));
const version = `v${Date.now()}`;
// One of each kind as a name of what has many names.
const names = texts.filter((_, at) => at % 10 === 0);
const string = { type: { simple: 'STRING' } };
const literal = (text) => ({ scalar: { primitive: { stringValue: text } } });
const id = (resourceType, name) => ({ resourceType, project, domain, name, version });
const run = { name: `injected-${Date.now()}`, page: '' };
run.page = `${list}/${run.name}`;

test('there are two hundred of them', () => {
  assert.ok(texts.length + decks.length >= 200, `${texts.length} and ${decks.length}`);
  for (const list of [texts, decks]) assert.equal(new Set(list).size, list.length);
});

before(async () => {
  for (const name of names) await post('tasks', { id: id('TASK', name), spec: { template: task(name, 'cat task.log') } });
  // Each line is said, is an output, and is a deck.
  const says = decks.map((deck, at) => task(`says-${at}`, script({ lines: texts.slice(at * 4, at * 4 + 4), output: texts[at], deck })));
  const fails = texts.slice(0, 8).map((text, at) => task(`fails-${at}`, script({ error: text })));
  for (const template of [...says, ...fails]) await post('tasks', { id: template.id, spec: { template } });
  const nodes = [...says, ...fails].map((template, at) => ({
    id: `n${at}`,
    metadata: { name: texts[at] },
    taskNode: { referenceId: template.id },
    inputs: [{ var: texts[at], binding: { promise: { nodeId: '', var: texts[at] } } }],
  }));
  const used = texts.slice(0, nodes.length);
  const inputs = { variables: Object.fromEntries(used.map((text) => [text, { ...string, description: text }])) };
  const template = { id: id('WORKFLOW', named), interface: { inputs, outputs: { variables: {} } }, nodes, metadata: { onFailure: 'FAIL_AFTER_EXECUTABLE_NODES_COMPLETE' } };
  await post('workflows', { id: template.id, spec: { template } });
  const defaults = Object.fromEntries(used.map((text) => [text, { var: { ...string, description: text }, default: literal(text) }]));
  for (const name of [named, names[0], names[1]]) {
    const entityMetadata = { labels: { values: {} } };
    await post('launch_plans', { id: id('LAUNCH_PLAN', name), spec: { workflowId: template.id, entityMetadata, defaultInputs: { parameters: defaults } } });
  }
  await post('executions', { project, domain, name: run.name, spec: { launchPlan: id('LAUNCH_PLAN', named), metadata: { mode: 'MANUAL' }, tags: names } });
});

function task(name, command) {
  const at = /^(says|fails)-(\d+)$/.exec(name);
  const input = at ? texts[Number(at[2]) + (at[1] === 'fails' ? decks.length : 0)] : name;
  return {
    id: id('TASK', name),
    type: 'raw-container',
    metadata: { runtime: { type: 'OTHER', version: '1', flavor: name }, generatesDeck: true, tags: {} },
    interface: { inputs: { variables: { [input]: string } }, outputs: { variables: at?.[1] === 'says' ? { o0: string } : {} } },
    container: { image: name, command: ['sh', '-c', command, '{{.outputPrefix}}'], env: [{ key: 'TEXT', value: name }] },
    custom: { [name]: name },
  };
}

/** A command that says lines, and leaves an output and a deck, or an error, in the folder that it is given. */
function script({ lines = [], output, deck, error }) {
  const write = (bytes, to) => `printf %s ${Buffer.from(bytes).toString('base64')} | base64 -d ${to}`;
  const commands = ['mkdir -p "$0"', ...lines.map((line) => write(`${line}\n`, ''))];
  // LiteralMap { literals: { o0: { scalar: { primitive: { string_value } } } } }
  if (output !== undefined) commands.push(write(field(1, Buffer.concat([field(1, 'o0'), field(2, field(1, field(1, field(3, output))))])), '> "$0/outputs.pb"'));
  if (deck !== undefined) commands.push(write(deck, '> "$0/deck.html"'));
  // ErrorDocument { error: { code, message, kind: NON_RECOVERABLE } }
  if (error !== undefined) commands.push(write(field(1, Buffer.concat([field(1, error), field(2, error), Buffer.from([0x18, 0])])), '> "$0/error.pb"'));
  return commands.join('; ');
}

/** A field of a message whose value is a text, bytes or a message. */
function field(number, value) {
  const bytes = Buffer.from(value);
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
}

/** Visits a page, on which nothing may run and which may not be left. */
async function unharmed(path, check, more) {
  await visit(path, async (page) => {
    let opened = 0;
    const said = [];
    page.on('popup', () => (opened += 1));
    page.on('dialog', (dialog) => (said.push(dialog.message()), dialog.dismiss()));
    await check(page);
    assert.deepEqual(said, []);
    assert.equal(opened, 0);
    assert.ok(page.url().startsWith(server), page.url());
    assert.equal(await page.evaluate(() => globalThis.ran), undefined);
    await page.locator('header.top').waitFor();
    const links = await page.locator('a[href]').evaluateAll((all) => all.map((one) => one.protocol));
    assert.deepEqual(links.filter((protocol) => !['http:', 'https:'].includes(protocol)), []);
  }, more);
}

const shows = (page, text, where = 'main') => page.waitForFunction(([text, where]) => document.querySelector(where)?.textContent.includes(text), [text, where]);

test('names are text in lists, and lead to their pages', async () => {
  for (const kind of ['workflows', 'launchPlans']) await unharmed(`${place}/${kind}`, (page) => shows(page, named));
  await unharmed(`${place}/tasks`, async (page) => {
    for (const name of names) await shows(page, name);
  });
  for (const name of names) {
    await unharmed(`${place}/tasks/${encodeURIComponent(name)}`, (page) => shows(page, version));
    await unharmed(`${place}/tasks/${encodeURIComponent(name)}/version/${version}`, (page) => shows(page, name, 'main h1'));
  }
});

test('a workflow whose nodes and inputs are named so is drawn, launched from a form, and told as commands', async () => {
  const workflow = encodeURIComponent(named);
  await unharmed(`${place}/workflows/${workflow}/version/${version}`, async (page) => {
    await page.waitForFunction((count) => Number(document.querySelector('canvas.picture')?.dataset.nodes) >= count, decks.length);
    await page.getByRole('button', { name: 'Outline' }).click();
    await page.locator('[role="treeitem"]').first().waitFor();
  });
  for (const view of ['fields', 'json', 'yaml', 'commands']) {
    await unharmed(`${place}/launch?kind=launchPlans&name=${workflow}&version=${version}&view=${view}`, async (page) => {
      await page.locator('.verdict-bar').waitFor();
    });
  }
});

test('a run shows errors, log lines, inputs and outputs as text', async () => {
  await unharmed(run.page, async (page) => {
    await page.locator('.head .badge[data-phase="FAILED"]').waitFor({ timeout: 120_000 });
    await page.locator('section.data .entry').first().waitFor();
  });
  for (const view of ['nodes', 'timeline']) {
    await unharmed(`${run.page}?view=${view}`, (page) => shows(page, texts[3]));
  }
  await unharmed(`${run.page}?view=nodes`, async (page) => {
    for (let at = 0; at < decks.length; at += 9) {
      await page.locator(`table.nodes tr[data-row="n${at}"] [data-rowlink]`).click();
      await page.getByRole('tab', { name: 'Data' }).click();
      await shows(page, texts[at], '.panel section.data:last-of-type');
      await page.getByRole('tab', { name: 'Logs' }).click();
      for (const text of texts.slice(at * 4, at * 4 + 4)) await shows(page, text, '.log pre');
      await page.getByRole('tab', { name: 'About' }).click();
      await page.locator('.panel .fact-list').first().waitFor();
    }
    for (let at = 0; at < 8; at += 1) {
      await page.locator(`table.nodes tr[data-row="n${decks.length + at}"] [data-rowlink]`).click();
      await page.getByRole('tab', { name: 'Attempts' }).click();
      await shows(page, texts[at], '.panel .failure');
    }
  });
  await unharmed(`${list}?q=${encodeURIComponent(named)}`, (page) => page.locator('table.executions, .notice, .empty').first().waitFor());
});

test('what an address says is text as well', async () => {
  for (const text of names) {
    const said = encodeURIComponent(text);
    await unharmed(`${run.page}?view=nodes&find=${said}&node=${said}&tab=${said}&tz=${said}`, (page) => page.locator('table.nodes').waitFor());
    await unharmed(`${address}?url=${said}&select=${said}&open=${said}&tab=${said}`, (page) => page.locator('.gather').waitFor());
  }
});

test('links of logs, and what a service tells, lead to pages or nowhere', async () => {
  const plain = { ...task('waits', 'sleep 600'), interface: { inputs: { variables: {} }, outputs: { variables: {} } } };
  await post('tasks', { id: plain.id, spec: { template: plain } });
  const template = { id: id('WORKFLOW', 'waits'), interface: plain.interface, nodes: [{ id: 'n0', taskNode: { referenceId: plain.id } }] };
  await post('workflows', { id: template.id, spec: { template } });
  await post('launch_plans', { id: id('LAUNCH_PLAN', 'waits'), spec: { workflowId: template.id } });
  const name = `waits-${Date.now()}`;
  await post('executions', { project, domain, name, spec: { launchPlan: id('LAUNCH_PLAN', 'waits'), metadata: { mode: 'MANUAL' } } });
  await unharmed(`${list}/${name}?view=nodes&node=n0&tab=attempts`, async (page) => {
    await page.locator('.attempts [data-phase="RUNNING"]').waitFor({ timeout: 60_000 });
    const logs = [{ uri: 'https://logs.example/', name: texts[0] }, ...texts.map((uri, at) => ({ uri, name: texts[texts.length - 1 - at] }))];
    const parentNodeExecutionId = { nodeId: 'n0', executionId: { project, domain, name } };
    const metadata = { externalResources: texts.slice(0, 40).map((externalId, index) => ({ externalId, index, phase: 'RUNNING', logs: [{ uri: texts[40 + index], name: externalId }] })) };
    const event = { taskId: plain.id, parentNodeExecutionId, retryAttempt: 0, phase: 'RUNNING', phaseVersion: 7, occurredAt: new Date().toISOString(), reason: texts[1], logs, metadata };
    event.customInfo = Object.fromEntries(texts.map((text) => [text, text]));
    await post('events/tasks', { requestId: 'links', event });
    await page.locator('.attempts .links a', { hasText: texts[0] }).first().waitFor();
    const found = await page.locator('.attempts a').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    assert.deepEqual(found.filter((href) => !/^https?:\/\//.test(href)), []);
  });
  await fetch(`${server}/api/v1/executions/${project}/${domain}/${name}`, { method: 'DELETE', headers: { 'content-type': 'application/json' }, body: '{"cause":"seen"}' });
});

test('a deck reaches neither the page nor anybody else, with its scripts and without', async () => {
  await unharmed(`${run.page}?view=nodes`, async (page) => {
    for (let at = 0; at < decks.length; at += 1) {
      await page.locator(`table.nodes tr[data-row="n${at}"] [data-rowlink]`).click();
      await page.getByRole('tab', { name: 'Deck' }).click();
      for (const show of ['still', 'live']) {
        if (show === 'live') await page.getByRole('button', { name: 'Run them' }).click();
        const frame = page.locator(`iframe.deck[src*="show=${show}"]`);
        await frame.waitFor();
        await settled(page, frame);
        assert.ok(page.url().includes(run.name), `${decks[at]} led to ${page.url()}`);
        assert.equal(await page.evaluate(() => globalThis.ran), undefined, decks[at]);
        assert.equal(await page.evaluate(() => localStorage.getItem('ran') ?? document.cookie), '', decks[at]);
      }
    }
  }, { refused: /./ });
});

test('the workbench draws a file with all of them', async () => {
  await unharmed(address, async (page) => {
    const inputs = { variables: Object.fromEntries(texts.map((text) => [text, string])) };
    for (const text of names) await dropText(page, `${text}.json`, JSON.stringify({ template: { ...task(text, 'true'), id: { ...id('TASK', text), version: 'v1' } } }));
    const nodes = texts.map((text, at) => ({
      id: at % 2 ? text : `n${at}`,
      metadata: { name: text },
      taskNode: { referenceId: { ...id('TASK', names[at % names.length]), version: 'v1' } },
      inputs: [{ var: text, binding: literal(text) }, { var: names[at % names.length], binding: { promise: { nodeId: '', var: text } } }],
    }));
    await dropText(page, 'all.json', JSON.stringify({ template: { id: id('WORKFLOW', names[0]), interface: { inputs, outputs: { variables: {} } }, nodes } }));
    await page.locator('.finding').first().waitFor();
    await page.waitForFunction((count) => Number(document.querySelector('canvas.picture')?.dataset.nodes) >= count, texts.length);
    await page.getByRole('tab', { name: 'Inputs' }).click();
    await page.locator('.launch .field').first().waitFor();
    for (const name of ['JSON', 'YAML', 'Commands', 'Fields']) await page.getByRole('tab', { name, exact: true }).click();
  });
});

/** Waits until a frame has loaded, and what it does at once is done. */
async function settled(page, frame) {
  await frame.evaluate(async (frame) => {
    const loaded = new Promise((done) => frame.addEventListener('load', done, { once: true }));
    // The address again: what was loaded before nobody listened is loaded once more.
    frame.src = frame.src;
    await loaded;
    for (let frames = 0; frames < 3; frames += 1) await new Promise((next) => requestAnimationFrame(next));
  });
}
