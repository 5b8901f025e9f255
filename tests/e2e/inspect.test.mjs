// Thirty behaviours of dropping a file and looking into it, a test each.
//
// Takes what browser.mjs takes; the files are those of the workbench's own tests, or written here.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { isAccessible, picture, server, visit } from './browser.mjs';
import { address, card, data, drop, dropText, entity, hold, task, workflow } from './dropping.mjs';

const json = (value) => JSON.stringify(value);

test('1: the whole window takes files, and says what they seem to be before they are let go', async () => {
  await visit(address, async (page) => {
    await hold(page, [{ name: 'a.tgz', content: 'x', type: 'application/gzip' }], ['dragover']);
    await page.locator('.drop-here strong', { hasText: 'A package of pyflyte' }).waitFor();
    await picture(page, 'workbench-hovering');
    await hold(page, [], ['dragleave']);
    await page.locator('.drop-here').waitFor({ state: 'detached' });
  });
});

test('2: a thousand nodes are drawn with their problems, and the page stays responsive meanwhile', async () => {
  await visit(address, async (page) => {
    const nodes = Array.from({ length: 1000 }, (_, at) => [`n${at}`, 'shop.inc', [['a', at ? `n${Math.max(0, at - 1 - (at % 7))}` : '', at ? 'o0' : 'a']]]);
    await dropText(page, 'thousand.json', json(workflow('shop.thousand', nodes, { output: ['n999', 'o0'] })));
    await page.locator('.badge.verdict').waitFor();
    await page.locator('.finding').first().waitFor();
    await page.waitForFunction(() => document.querySelectorAll('canvas.picture').length === 1);
    await drawn(page);
    const elements = await page.evaluate(() => document.querySelectorAll('*').length);
    assert.ok(elements <= 2_500, `${elements} elements`);
    await picture(page, 'graph-thousand');
  });
});

test('2: a workflow that would hold the page up is laid out by its worker', async () => {
  await visit(address, async (page) => {
    await page.evaluate(() => {
      const post = Worker.prototype.postMessage;
      globalThis.calls = [];
      Worker.prototype.postMessage = function (message, ...more) {
        if (message.call === 'compile') {
          this.addEventListener('message', ({ data }) => data.id === message.id && globalThis.calls.push('compile is answered'));
        }
        globalThis.calls.push(message.call);
        return post.call(this, message, ...more);
      };
    });
    const nodes = Array.from({ length: 2500 }, (_, at) => [`n${at}`, 'shop.inc', [['a', at ? `n${Math.max(0, at - 1 - (at % 40))}` : '', at ? 'o0' : 'a']]]);
    await dropText(page, 'large.json', json(workflow('shop.large', nodes, { output: ['n2499', 'o0'] })));
    await page.waitForFunction(() => Number(document.querySelector('canvas.picture')?.dataset.nodes) >= 2500);
    // It lays out what it has compiled, and is asked before it has.
    const calls = (await page.evaluate(() => globalThis.calls)).filter((call) => !['add', 'keep', 'recent'].includes(call));
    assert.deepEqual(calls, ['compile', 'closure', 'foresee', 'compile is answered', 'lay_out_entity']);
    await picture(page, 'graph-large');
  });
});

test('3: it opens without a server once it was open', async () => {
  await visit(address, async (page) => {
    await page.locator('body[data-offline="ready"]').waitFor();
    await page.context().setOffline(true);
    try {
      await page.reload();
      await drop(page, 'package.tgz');
      await page.locator('.badge.verdict[data-phase="SUCCEEDED"]').waitFor();
    } finally {
      await page.context().setOffline(false);
    }
    const manifest = await page.evaluate(async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json());
    assert.equal(manifest.start_url, address);
  });
});

test('4: nothing is asked of anybody once files are dropped, whatever is done with them', async () => {
  await visit(address, async (page) => {
    await page.locator('body[data-offline="ready"]').waitFor();
    await drop(page, 'inputs.pb');
    await page.locator('.shelf li').first().waitFor();
    const requests = [];
    page.on('request', (request) => requests.push(request.url()));
    await drop(page, 'package.tgz', 'package-2.tgz');
    await entity(page, 'shopping', 'WorkflowSpec').nth(1).click();
    await card(page, 'n1').locator('.face').click();
    await page.getByRole('tab', { name: 'Inputs' }).click();
    await page.locator('.launch .field').first().waitFor();
    await page.getByRole('tab', { name: 'Compare' }).click();
    await page.locator('.changes li').first().waitFor();
    assert.deepEqual(requests.filter((url) => url.startsWith('http')), []);
  });
});

test('5: an archive is a tree of its entities with counts, a search, and who uses whom', async () => {
  await visit(address, async (page) => {
    await drop(page, 'package.tgz');
    await entity(page, 'shopping', 'WorkflowSpec').waitFor();
    const headings = await page.locator('.shelf h3').allInnerTexts();
    assert.deepEqual(headings.filter((text) => text.includes('(')), ['Workflows (2)', 'Launch plans (3)', 'Tasks (3)']);
    await page.locator('[data-relation="Uses"]', { hasText: 'price' }).waitFor();
    await entity(page, 'price', 'TaskSpec').click();
    await page.locator('[data-relation="Used by"]', { hasText: 'order' }).waitFor();
    await page.getByRole('searchbox', { name: 'Search names' }).fill('total');
    await page.waitForFunction(() => document.querySelectorAll('.shelf section li').length === 1);
  });
});

test('6: every workflow has the verdict of the compiler, finding by finding, in its order', async () => {
  const golden = readFileSync(fileURLToPath(new URL('../../workbench/tests/golden/json_and_yaml.txt', import.meta.url)), 'utf8');
  const { diagnostics } = JSON.parse(golden.split('\n').find((line) => line.startsWith('compile 0 ')).slice('compile 0 '.length));
  await visit(address, async (page) => {
    await drop(page, 'workflow.json');
    await page.locator('.finding').first().waitFor();
    const codes = await page.locator('.finding:not([data-code="Missing"])').evaluateAll((all) => all.map((one) => one.dataset.code));
    assert.deepEqual(codes, diagnostics.map(({ code }) => code));
  });
});

test('7: problems are on their nodes, edges and bindings, F8 goes through them, and the title counts', async () => {
  await visit(address, async (page) => {
    const nodes = [['n0', 'shop.text', [['a', '', 'a']]], ['n1', 'shop.inc', [['a', 'n0', 'o0']]], ['n2', 'shop.inc', [['b', 'n1', 'o0']]]];
    await dropText(page, 'tasks.json', json([task('shop.inc'), task('shop.text', { gives: 'STRING' })]));
    await dropText(page, 'wrong.json', json(workflow('shop.wrong', nodes, { output: ['n2', 'o0'] })));
    await card(page, 'n1').and(page.locator('.troubled')).waitFor();
    const mismatch = page.locator('.finding[data-code="MismatchingTypes"]');
    assert.match(await mismatch.innerText(), /n1 › a/);
    assert.match(await mismatch.innerText(), /expected .*INTEGER.*, got .*STRING/s);
    await page.waitForFunction(() => /^\(1\)/.test(document.title));
    await page.locator('h1').click();
    await page.keyboard.press('F8');
    await page.locator('.finding.current').waitFor();
    const first = new URL(page.url()).searchParams.get('node');
    await page.keyboard.press('e');
    await page.waitForFunction((first) => new URL(location).searchParams.get('node') !== first, first);
    await picture(page, 'workbench-problems');
    assert.match(await card(page, 'n1').locator('.face').getAttribute('aria-label'), /^inc n1 · python-task 1 problem, /);
    await isAccessible(page);
  });
});

test('7: problems that say the same of many places are one, which opens', async () => {
  await visit(address, async (page) => {
    const nodes = [['n0', 'shop.text', [['a', '', 'a']]], ...Array.from({ length: 9 }, (_, at) => [`n${at + 1}`, 'shop.inc', [['a', 'n0', 'o0']]])];
    await dropText(page, 'tasks.json', json([task('shop.inc'), task('shop.text', { gives: 'STRING' })]));
    await dropText(page, 'wrong.json', json(workflow('shop.wrong', nodes, { output: ['n9', 'o0'] })));
    const mismatches = page.locator('.finding[data-code="MismatchingTypes"]');
    await page.getByRole('tab', { name: 'Problems (9)' }).waitFor();
    assert.equal(await mismatches.count(), 1);
    const more = page.getByRole('button', { name: '8 more like this' });
    await more.click();
    await mismatches.nth(8).waitFor();
    await picture(page, 'workbench-alike');
    await more.click();
    await mismatches.nth(1).waitFor({ state: 'detached' });
    // Going on to the next one leads into them.
    await page.locator('h1').click();
    await page.keyboard.press('F8');
    await page.keyboard.press('F8');
    await page.locator('.finding.current', { hasText: 'n2 › a' }).waitFor();
  });
});

test('8: what does not compile is drawn, with marks of its own for each kind of fault', async () => {
  await visit(address, async (page) => {
    const nodes = [
      ['n0', 'shop.inc', [['a', '', 'a']]],
      ['n1', 'shop.inc', [['a', 'n2', 'o0']]],
      ['n2', 'shop.inc', [['a', 'n1', 'o0']]],
      ['n3', 'shop.inc', [['a', 'n2', 'o0']]],
      ['n4', 'shop.inc', [['a', 'n9', 'o0']]],
      ['n5', 'shop.lost', [['a', 'n0', 'o0']]],
    ];
    await dropText(page, 'inc.json', json(task('shop.inc')));
    await dropText(page, 'broken.json', json(workflow('shop.broken', nodes)));
    for (const [node, fault] of [['n1', 'circle'], ['n2', 'circle'], ['n3', 'unreachable'], ['n9', 'missing'], ['n5', 'missing']]) {
      await card(page, node).and(page.locator(`[data-fault="${fault}"]`)).waitFor();
    }
    const looks = await page.evaluate(() => ['circle', 'unreachable', 'missing'].map((fault) => {
      const face = document.querySelector(`.card[data-fault="${fault}"]`);
      return face.querySelector('.pin').textContent + getComputedStyle(face.querySelector('.face')).borderTopStyle;
    }));
    assert.equal(new Set(looks).size, 3, 'they differ without colour');
    await drawn(page);
    await picture(page, 'workbench-broken');
  });
});

test('9: what is missing is a ghost until its file is dropped', async () => {
  await visit(address, async (page) => {
    await drop(page, 'workflow.json');
    await card(page, 'n0').and(page.locator('[data-fault="missing"]')).waitFor();
    await drop(page, 'package.tgz');
    await entity(page, 'order', 'WorkflowTemplate').or(entity(page, 'order', 'WorkflowSpec')).first().click();
    await page.locator('.badge.verdict[data-phase="SUCCEEDED"]').waitFor();
    await page.locator('.card[data-node="n0"]:not([data-fault])').waitFor();
  });
});

test('10: an edge says what it carries, and when it is pressed what both ends take and give', async () => {
  await visit(address, async (page) => {
    await chain(page);
    const { x, y } = await between(page, 'n0', 'n1');
    await page.mouse.move(x, y, { steps: 3 });
    const tip = page.locator('.tip[data-edge="n0 n1"]');
    await tip.getByText('o0').first().waitFor();
    assert.match(await tip.innerText(), /o0\s+.*int.*→\s*a\s+.*int/s);
    await page.mouse.down();
    await page.mouse.up();
    await tip.getByText('n0 gives').waitFor();
    await tip.getByText('n1 takes').waitFor();
    await picture(page, 'workbench-edge');
  });
});

test('11: a branch says when each arm is taken, and with an execution which one was', async () => {
  await visit(address, async (page) => {
    await drop(page, 'resource-branching.json');
    await card(page, 'n0-n0').locator('.when', { hasText: 'if a > 100' }).waitFor();
    await card(page, 'n0-n1').locator('.when', { hasText: 'elif a == 7 or a == 8' }).waitFor();
    assert.equal(await card(page, 'n0-n0').getAttribute('data-phase'), 'SKIPPED');
    assert.equal(await card(page, 'n0-n1').getAttribute('data-phase'), 'SUCCEEDED');
    await page.locator('.card.refusal', { hasText: 'too small' }).waitFor();
    await drawn(page);
    await picture(page, 'workbench-branch');
  });
});

test('12: a map is one node that says how large it is and how many have to succeed', async () => {
  await visit(address, async (page) => {
    await drop(page, 'package.tgz');
    await page.locator('.card .sub', { hasText: /n\d+ · map/ }).first().waitFor();
    const map = { id: 'n0', metadata: { name: 'm' }, arrayNode: { node: workflow('x', [['n0', 'shop.inc', []]]).template.nodes[0], parallelism: 4, minSuccessRatio: 0.8 }, inputs: [{ var: 'a', binding: { collection: { bindings: [1, 2, 3].map((value) => ({ scalar: { primitive: { integer: String(value) } } })) } } }] };
    const spec = workflow('shop.mapped', []);
    spec.template.nodes = [map];
    await dropText(page, 'mapped.json', json(spec));
    await card(page, 'n0').locator('.sub', { hasText: 'map of 3, 4 at once, ≥ 80 % succeed' }).waitFor();
  });
});

test('13: a sub-workflow opens in its place, and address and breadcrumbs tell where one is', async () => {
  await visit(address, async (page) => {
    await drop(page, 'package.tgz');
    const sub = page.locator('.card', { has: page.locator('.sub', { hasText: 'sub-workflow of' }) }).first();
    const path = await sub.getAttribute('data-node');
    await sub.locator('.fold').click();
    await card(page, `${path}/n0`).waitFor();
    await card(page, `${path}/n0`).locator('.face').click();
    await page.locator('.parts .way', { hasText: 'in order' }).waitFor();
    await page.waitForFunction((path) => new URL(location).searchParams.get('open') === path, path);
    await drawn(page);
    await picture(page, 'workbench-nested');
    const others = await page.locator('.card.twin').count();
    await sub.locator('.face').click();
    await page.waitForFunction((before) => document.querySelectorAll('.card.twin').length !== before || before === 0, others);
  });
});

test('14: a task says what it runs with, and what its node puts in the place of that', async () => {
  await visit(address, async (page) => {
    const spec = workflow('shop.over', [['n0', 'shop.inc', [['a', '', 'a']]]]);
    spec.template.nodes[0].taskNode.overrides = { containerImage: 'img:v2', resources: { requests: [{ name: 'CPU', value: '2' }] } };
    await dropText(page, 'inc.json', json(task('shop.inc')));
    await dropText(page, 'over.json', json(spec));
    await card(page, 'n0').locator('.face').click();
    const facts = page.locator('.node-facts');
    await facts.locator('.task-card tr', { hasText: 'node, instead of img:v1' }).waitFor();
    await facts.locator('.task-card tr', { hasText: 'node, instead of 1' }).waitFor();
    await facts.getByRole('cell', { name: 'where the inputs are stored' }).waitFor();
    await facts.locator('tr', { hasText: 'MODE' }).waitFor();
    await facts.getByText('Raw').click();
    await picture(page, 'workbench-task');
    await entity(page, 'inc', 'TaskSpec').click();
    await page.getByRole('tab', { name: 'Task' }).click();
    await page.locator('.task-card tr', { hasText: 'img:v1' }).waitFor();
  });
});

test('15: a node says where each input comes from in the end, and who uses its outputs', async () => {
  await visit(address, async (page) => {
    await chain(page);
    await card(page, 'n2').locator('.face').click();
    await page.locator('.node-facts .way summary').click();
    const way = page.locator('.node-facts .way li');
    assert.deepEqual(await way.allInnerTexts(), ['a ← n1.o0', 'a ← n0.o0', 'a ← inputs.a']);
    await way.nth(1).getByRole('button').click();
    await page.locator('.node-facts h2', { hasText: 'n0' }).waitFor();
    await page.locator('.node-facts .link', { hasText: 'n1.a' }).waitFor();
  });
});

test('16: a second version is drawn with the first as one, its changes marked and told as Markdown', async () => {
  await visit(address, async (page) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await drop(page, 'package.tgz', 'package-2.tgz');
    await entity(page, 'shopping', 'WorkflowSpec').nth(1).click();
    await page.getByRole('tab', { name: 'Compare' }).click();
    await page.locator('.changes li').first().waitFor();
    await page.locator('.card[data-change="added"]').first().waitFor();
    await page.locator('.card[data-change="moved"]').first().waitFor();
    await drawn(page);
    await picture(page, 'workbench-compare');
    await page.locator('.panel .copy').first().click();
    await page.getByText('Copied').waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(text, /^## shopping/);
    assert.match(text, /\*\*(breaking|compatible|unknown)\*\*/);
    assert.match(text, /### Moved/);
  });
});

test('17: inputs that are dropped on a workflow fill its form, with the verdict on them', async () => {
  await visit(address, async (page) => {
    await drop(page, 'package.tgz');
    await entity(page, 'price', 'TaskSpec').click();
    await dropText(page, 'inputs.yaml', 'item: apple\ncount: three\n');
    await page.locator('[data-input="count"] .wrong', { hasText: 'three' }).waitFor();
    assert.equal(await page.locator('[data-input="item"] input').inputValue(), 'apple');
    await dropText(page, 'inputs.json', json({ item: 'pear', count: 3 }));
    await page.locator('[data-launchable="true"]').waitFor();
    assert.equal(await page.locator('[data-input="item"] input').inputValue(), 'pear');
    await picture(page, 'workbench-inputs');
  });
});

test('18: nodes of an execution that are dropped on its workflow are its phases and a timeline, outputs its values', async () => {
  await visit(address, async (page) => {
    await chain(page);
    const node = (nodeId, phase, startedAt, duration) => ({ id: { nodeId, executionId: { project: 'p', domain: 'd', name: 'e' } }, closure: { phase, startedAt, duration } });
    const nodes = [node('n0', 'SUCCEEDED', '2026-01-01T00:00:00Z', '2s'), node('n1', 'SUCCEEDED', '2026-01-01T00:00:02Z', '3s'), node('n2', 'FAILED', '2026-01-01T00:00:05Z', '1s')];
    await dropText(page, 'nodes.json', json({ nodeExecutions: nodes }));
    await card(page, 'n2').and(page.locator('[data-phase="FAILED"]')).waitFor();
    await page.getByRole('tab', { name: 'Timeline' }).click();
    assert.deepEqual(await page.locator('.spans th').allInnerTexts(), ['n0', 'n1', 'n2']);
    assert.match(await page.locator('.spans tr').nth(1).innerText(), /3\.000 s/);
    await dropText(page, 'outputs.json', json({ literals: { o0: { scalar: { primitive: { integer: '42' } } } } }));
    await page.getByRole('tab', { name: 'Values' }).click();
    await page.locator('.entry', { hasText: 'o0' }).getByText('42').waitFor();
    await picture(page, 'workbench-execution');
  });
});

test('19: a custom resource is what the propeller sees: phases, errors, times, and fields that it lacks', async () => {
  await visit(address, async (page) => {
    const resource = JSON.parse(data('resource-failure_node.json'));
    delete resource.acceptedAt;
    await dropText(page, 'resource.json', json(resource));
    await page.locator('.head dd', { hasText: 'Failed' }).waitFor();
    await page.locator('.head dd', { hasText: 'acceptedAt' }).waitFor();
    await page.locator('.failure').first().getByText('broken as asked').first().waitFor();
    await card(page, 'n0').locator('.face').click();
    await page.locator('.node-facts').getByText('USER:RuntimeError').first().waitFor();
    await page.locator('.card .when', { hasText: 'on failure' }).waitFor();
    await drawn(page);
    await picture(page, 'workbench-resource');
  });
});

test('20: values are shown by their types', async () => {
  await visit(address, async (page) => {
    const scalar = (scalar) => ({ scalar });
    const literals = {
      when: scalar({ primitive: { datetime: '2026-01-02T03:04:05Z' } }),
      span: scalar({ primitive: { duration: '90s' } }),
      file: scalar({ blob: { metadata: { type: { format: 'csv' } }, uri: 's3://bucket/key.csv' } }),
      table: scalar({ structuredDataset: { uri: 's3://bucket/table', metadata: { structuredDatasetType: { format: 'parquet' } } } }),
      bytes: scalar({ binary: { value: 'AQID', tag: 'raw' } }),
      record: scalar({ generic: { a: 1, b: ['x'] } }),
      none: scalar({ noneType: {} }),
    };
    await dropText(page, 'values.json', json({ literals }));
    const value = (name) => page.locator('.entry').filter({ has: page.locator('.name', { hasText: new RegExp(`^${name}$`) }) }).first();
    await value('when').getByText('2026-01-02').waitFor();
    await value('file').getByText('s3://bucket/key.csv').waitFor();
    await value('table').getByText('parquet').waitFor();
    await value('bytes').getByText('3 bytes').waitFor();
    await value('none').getByText('None', { exact: true }).waitFor();
    await picture(page, 'workbench-values');
  });
});

test('21: the launch form takes any type, and says of each keystroke what the server would say', async () => {
  await visit(address, async (page) => {
    const spec = workflow('shop.any', [['n0', 'shop.inc', []]], { inputs: [] });
    const of = (type) => ({ type });
    spec.template.interface.inputs.variables = {
      list: of({ collectionType: { simple: 'INTEGER' } }),
      maybe: of({ unionType: { variants: [{ simple: 'INTEGER', structure: { tag: 'int' } }, { simple: 'NONE', structure: { tag: 'none' } }] } }),
      choice: of({ enumType: { values: ['red', 'green'] } }),
      record: of({ simple: 'STRUCT' }),
      when: of({ simple: 'DATETIME' }),
    };
    await dropText(page, 'any.json', json(spec));
    await page.getByRole('tab', { name: 'Inputs' }).click();
    const fill = (name, text) => page.locator(`[data-input="${name}"] input`).fill(text);
    await fill('list', '[1, "x"]');
    await page.locator('[data-input="list"] .wrong').waitFor();
    await fill('list', '[1, 2]');
    await fill('maybe', 'null');
    await fill('choice', 'blue');
    await page.locator('[data-input="choice"] .wrong', { hasText: 'blue' }).waitFor();
    await fill('choice', 'red');
    await fill('record', '{"a": 1}');
    await fill('when', '2026-01-02T03:04:05Z');
    await page.locator('[data-launchable="true"]').waitFor();
    // The other views are of the same inputs.
    await page.getByRole('tab', { name: 'JSON' }).click();
    const text = page.getByLabel('Inputs as text');
    const typed = JSON.parse(await text.inputValue());
    assert.deepEqual([typed.list, typed.maybe, typed.choice], [[1, 2], null, 'red']);
    await text.fill(json({ ...typed, choice: 'blue' }));
    await page.locator('[data-launchable="false"]').waitFor();
    await page.getByRole('tab', { name: 'YAML' }).click();
    assert.match(await text.inputValue(), /"choice": "blue"\n/);
    await text.fill('list: [3]\nchoice: green\nrecord: {a: 2}\nwhen: 2026-01-02T03:04:05Z\nmaybe: 5\n');
    await page.locator('[data-launchable="true"]').waitFor();
    await page.getByRole('tab', { name: 'Commands' }).click();
    await page.locator('.launch pre', { hasText: /pyflyte run remote-launchplan shop.any:v1 .*--choice green/s }).waitFor();
    await page.getByRole('tab', { name: 'Fields' }).click();
    assert.equal(await page.locator('[data-input="choice"] input').inputValue(), 'green');
  });
});

test('22: what is not known of a file is told, kept, and given back byte for byte', async () => {
  await visit(address, async (page) => {
    // Field 999 of a LiteralMap, which no version has, behind the known ones.
    const bytes = Buffer.concat([data('inputs.pb'), Buffer.from([0xba, 0x3e, 0x03, 0x61, 0x62, 0x63])]);
    await dropText(page, 'futures.pb', data('futures.pb'));
    await page.locator('.badge.verdict').waitFor();
    await dropText(page, 'odd.pb', bytes);
    await page.locator('.shelf li button', { hasText: 'odd.pb' }).click();
    await page.locator('.note', { hasText: 'one field is not known here; it is kept' }).waitFor();
    await page.locator('.shelf li button', { hasText: 'futures.pb' }).click();
    const saved = await download(page, 'Original');
    assert.deepEqual(saved, data('futures.pb'));
  });
});

test('23: what is drawn is exported as a picture, as text of other tools, as JSON, protobuf and one page', async () => {
  await visit(address, async (page) => {
    await chain(page);
    assert.match((await download(page, 'SVG')).toString(), /^<svg [^]*n0 · python-task[^]*<\/svg>\s*$/);
    assert.deepEqual([...(await download(page, 'PNG')).subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    assert.match((await download(page, 'DOT')).toString(), /"n0" -> "n1"/);
    assert.match((await download(page, 'Mermaid')).toString(), /^flowchart LR/);
    assert.match((await download(page, 'Plain text')).toString(), /inc \(n1\) .* ← n0/);
    assert.equal(JSON.parse(await download(page, 'JSON')).primary.template.id.name, 'shop.chain');
    const encoded = await download(page, 'Protobuf');
    const alone = (await download(page, 'One HTML file')).toString();
    assert.match(alone, /^<!doctype html>/);
    assert.doesNotMatch(alone, /src=|href=/);
    await dropText(page, 'again.pb', encoded);
    await page.locator('.shelf li button', { hasText: 'CompiledWorkflowClosure' }).click();
    await page.locator('.badge.verdict[data-phase="SUCCEEDED"]').waitFor();
  });
});

test('24: a link holds all of it, in the part of an address that no server sees', async () => {
  let link;
  await visit(address, async (page) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await chain(page);
    await page.getByText('Export').click();
    await page.getByRole('button', { name: 'Copy a link' }).click();
    await page.getByText('The link is copied').waitFor();
    link = await page.evaluate(() => navigator.clipboard.readText());
  });
  assert.ok(link.length < 32_000);
  const shared = new URL(link);
  await visit(shared.pathname + shared.hash, async (page) => {
    await page.locator('.head h1', { hasText: 'shop.chain' }).waitFor();
    await page.locator('.badge.verdict[data-phase="SUCCEEDED"]').waitFor();
  });
});

test('25: what was done to the view is undone and done again, and files are there the next time', async () => {
  await visit(address, async (page) => {
    await drop(page, 'package.tgz');
    const sub = page.locator('.card', { has: page.locator('.sub', { hasText: 'sub-workflow of' }) }).first();
    const path = await sub.getAttribute('data-node');
    await sub.locator('.fold').click();
    await card(page, `${path}/n0`).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await card(page, `${path}/n0`).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Redo' }).click();
    await card(page, `${path}/n0`).waitFor();
    await page.waitForFunction((path) => new URL(location).searchParams.get('open') === path && new URL(location).searchParams.has('view'), path);
    await page.reload();
    await card(page, `${path}/n0`).waitFor();
    await entity(page, 'shopping', 'WorkflowSpec').waitFor();
  });
  await visit(address, async (page) => {
    await page.locator('.recent .link', { hasText: 'package.tgz' }).click();
    await entity(page, 'shopping', 'WorkflowSpec').waitFor();
    await drop(page, 'inputs.pb');
    await page.locator('.shelf li', { hasText: 'inputs.pb' }).waitFor();
  });
  await visit(address, async (page) => {
    await page.getByRole('button', { name: 'Open the last session again (2 files)' }).click();
    await page.locator('.shelf li', { hasText: 'inputs.pb' }).waitFor();
    await entity(page, 'shopping', 'WorkflowSpec').waitFor();
  });
});

test('26: nodes are moved and stay where they were put; a part is pulled out as a drawing of its own', async () => {
  let moved;
  const place = (page) => card(page, 'n1').evaluate((element) => [element.style.left, element.style.top]);
  await visit(address, async (page) => {
    await chain(page);
    const before = await place(page);
    const box = await card(page, 'n1').boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 30, box.y + box.height / 2 + 90, { steps: 5 });
    await page.mouse.up();
    moved = await place(page);
    assert.notDeepEqual(moved, before);
    await page.getByLabel('Find nodes').fill('n0 n1');
    await page.getByRole('button', { name: 'Pull out' }).click();
    await card(page, 'n2').waitFor({ state: 'detached' });
    await page.locator('.parts button[aria-pressed="true"]', { hasText: '▣ n0, n1' }).waitFor();
    await page.waitForFunction(() => new URL(location).searchParams.get('only') === 'n0,n1');
  });
  await visit(address, async (page) => {
    await chain(page);
    assert.deepEqual(await place(page), moved);
  });
});

test('27: nodes are selected by a language that the address keeps', async () => {
  await visit(address, async (page) => {
    await chain(page);
    const find = page.getByLabel('Find nodes');
    const bright = async () => page.locator('.card:not(.dim)').evaluateAll((all) => all.map((one) => one.dataset.node).sort());
    for (const [text, nodes] of [
      ['+n1', ['n0', 'n1', 'start-node']],
      ['n0+1', ['n0', 'n1']],
      ['path(n0,n2)', ['n0', 'n1', 'n2']],
      ['type:python-task & !n1', ['n0', 'n2']],
    ]) {
      await find.fill(text);
      await page.waitForFunction((count) => document.querySelectorAll('.card:not(.dim)').length === count, nodes.length);
      assert.deepEqual(await bright(), nodes, text);
      await page.waitForFunction((text) => new URL(location).searchParams.get('select') === text, text);
    }
    await picture(page, 'workbench-select');
    await find.fill('path(n0');
    await page.getByText('wants a comma').waitFor();
  });
});

test('28: the outline has the same nodes and says their phases, problems and neighbours', async () => {
  await visit(address, async (page) => {
    await chain(page);
    await page.getByRole('button', { name: 'Outline' }).click();
    const lines = page.locator('[role="treeitem"]');
    assert.equal(await lines.count(), await page.locator('.card').count());
    assert.match(await page.locator('[data-line="n1"]').getAttribute('aria-label'), /^inc n1 · python-task, 1 upstream, 1 downstream$/);
    await page.locator('[data-line="n1"][aria-level="1"][aria-posinset="3"][aria-setsize="5"]').waitFor();
    await page.locator('[data-line="start-node"]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.node-facts h2', { hasText: 'n0' }).waitFor();
    await page.locator('[data-line="n0"][aria-selected="true"]').waitFor();
    await drawn(page);
    await picture(page, 'workbench-outline');
    await isAccessible(page);
  });
});

test('29: what is too much is refused with a reason and loaded when the reader insists', async () => {
  await visit(address, async (page) => {
    const bomb = gzipSync(Buffer.alloc(4 << 20));
    await dropText(page, 'bomb.tgz', bomb);
    const notice = page.locator('.notice[data-code="ExpandsTooMuch"]');
    await notice.getByText('times its size').waitFor();
    await notice.getByRole('button', { name: 'Load it anyway' }).click();
    await page.locator('.notice:not([data-code="ExpandsTooMuch"])').first().waitFor();
    await dropText(page, 'deck.html', '<!doctype html><script>document.title = "owned"</script>');
    await page.locator('.notice', { hasText: 'deck.html' }).waitFor();
    assert.doesNotMatch(await page.title(), /owned/);
  });
});

test('30: Python is explained with the command that packages it; an unknown file with what was tried', async () => {
  await visit(address, async (page) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await drop(page, 'shop.py');
    assert.match(await page.locator('.notice[data-code="Source"]').innerText(), /pyflyte --pkgs PACKAGE package/);
    await dropText(page, 'odd.bin', Buffer.from([0xff, 0xfe, 0x00, 0x01, 0x02]));
    const unknown = page.locator('.notice[data-code="Unrecognised"]');
    await unknown.getByRole('button', { name: 'Copy' }).click();
    await unknown.getByText('Copied').waitFor();
    const report = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(report, /^odd\.bin: Unrecognised/);
    assert.ok(report.split('\n').filter((line) => line.startsWith('- no ')).length >= 10, report);
    await picture(page, 'workbench-unknown');
  });
});

test('a link that names a file elsewhere fetches it only when the reader agrees', async () => {
  let asked = 0;
  const elsewhere = createServer((request, response) => {
    asked += 1;
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end(data('package.tgz'));
  });
  await new Promise((ready) => elsewhere.listen(0, '127.0.0.1', ready));
  const from = `http://127.0.0.1:${elsewhere.address().port}/package.tgz`;
  try {
    await visit(`${address}?url=${encodeURIComponent(from)}`, async (page) => {
      await page.locator('.consent', { hasText: from }).waitFor();
      assert.equal(asked, 0);
      await page.getByRole('button', { name: 'Fetch it' }).click();
      await entity(page, 'shopping', 'WorkflowSpec').waitFor();
      assert.equal(asked, 1);
    }, { may: new URL(from).origin });
  } finally {
    elsewhere.close();
  }
});

test('dark, the graph has the dark theme’s colours on the canvas as well', async () => {
  await visit(address, async (page) => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await drop(page, 'package.tgz');
    await card(page, 'n0').waitFor();
    await drawn(page);
    await picture(page, 'workbench-dark');
    await isAccessible(page);
  });
});

/** Three tasks in a row. */
async function chain(page) {
  await dropText(page, 'inc.json', json(task('shop.inc')));
  const nodes = [['n0', 'shop.inc', [['a', '', 'a']]], ['n1', 'shop.inc', [['a', 'n0', 'o0']]], ['n2', 'shop.inc', [['a', 'n1', 'o0']]]];
  await dropText(page, 'chain.json', json(workflow('shop.chain', nodes, { output: ['n2', 'o0'] })));
  await card(page, 'n2').waitFor();
  await page.locator('.badge.verdict[data-phase="SUCCEEDED"]').waitFor();
}

/** The point in the middle between two cards. */
async function between(page, left, right) {
  const [from, to] = [await card(page, left).boundingBox(), await card(page, right).boundingBox()];
  return { x: (from.x + from.width + to.x) / 2, y: (from.y + from.height / 2 + to.y + to.height / 2) / 2 };
}

/** Waits until the canvas shows what is to be shown: two frames pass without a change. */
async function drawn(page) {
  await page.evaluate(async () => {
    const frame = () => new Promise((next) => requestAnimationFrame(next));
    const look = () => document.querySelector('canvas.picture').toDataURL();
    let before = look();
    for (let same = 0; same < 3; ) {
      await frame();
      await frame();
      const now = look();
      same = now === before ? same + 1 : 0;
      before = now;
    }
  });
}

/** What the export menu saves under a name. */
async function download(page, name) {
  const menu = page.locator('.menu');
  if (!(await menu.evaluate((menu) => menu.open))) await menu.locator('summary').click();
  const [saved] = await Promise.all([page.waitForEvent('download'), menu.getByRole('button', { name, exact: true }).click()]);
  return readFileSync(await saved.path());
}
