// The console's lists and pages in a browser, on real runs of a real server.
//
// EXECUTION          project/domain/name of an execution that has succeeded
// FAILED_EXECUTION   one that failed with a Python error
// STAGE_VERSION      the version that programs/stage.py is registered as
//
// and what browser.mjs takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { execution, picture, required, server, visit } from './browser.mjs';

const succeeded = execution(required('EXECUTION'));
const failed = execution(required('FAILED_EXECUTION'));
const version = required('STAGE_VERSION');
const { place } = succeeded;

test('the console opens on a list that has the run', async () => {
  await visit('/console/', async (page) => {
    await page.waitForURL('**/console/projects/*/domains/*/executions');
    await page.goto(server + succeeded.list);
    const row = page.locator(`tr[data-execution="${succeeded.name}"]`);
    await row.locator('.badge[data-phase="SUCCEEDED"]').waitFor();
    await page.locator('.fresh[data-state="live"]').waitFor();
    await picture(page, 'executions');
    // The strip of the last ones leads to each.
    await page.locator(`.strip a[data-phase="SUCCEEDED"][href$="/${succeeded.name}"]`).waitFor();
    await row.getByRole('link', { name: succeeded.name, exact: true }).click();
    await page.waitForURL(server + succeeded.page);
    await page.locator('.head .badge[data-phase="SUCCEEDED"]').waitFor();
  });
});

test('filters, search, order and columns are part of the address', async () => {
  await visit(`${succeeded.list}?show=succeeded&q=workflow:orders&sort=name`, async (page) => {
    await page.locator('.filters [aria-pressed="true"]', { hasText: 'Succeeded' }).waitFor();
    await page.locator(`tr[data-execution="${succeeded.name}"]`).waitFor();
    await page.locator('.filters').getByRole('button', { name: 'Failed' }).click();
    await page.locator(`tr[data-execution="${succeeded.name}"]`).waitFor({ state: 'detached' });
    assert.match(page.url(), /show=failed.*q=workflow%3Aorders.*sort=name/);
    await page.getByRole('link', { name: 'Show every execution' }).click();
    await page.locator(`tr[data-execution="${failed.name}"]`).waitFor();
    await page.getByRole('button', { name: 'Name', exact: false }).first().click();
    assert.match(page.url(), /sort=-name/);
    await page.reload();
    await page.locator(`tr[data-execution="${failed.name}"]`).waitFor();
  });
});

test('a search that nobody understands says so', async () => {
  await visit(`${succeeded.list}?q=who:ada`, async (page) => {
    assert.match(await page.locator('.notice[role="alert"]').innerText(), /there is no `who:`; known are workflow/);
  });
});

test('a run shows its graph with every node succeeded, and its data', async () => {
  await visit(succeeded.page, async (page) => {
    const cards = page.locator('.card:not(.boundary)');
    await cards.first().waitFor();
    await page.waitForFunction(() => {
      const cards = [...document.querySelectorAll('.card:not(.boundary)')];
      return cards.length > 0 && cards.every((card) => card.dataset.phase === 'SUCCEEDED');
    });
    assert.equal(await page.locator('canvas.picture').count(), 1);
    const outputs = page.locator('section.data', { hasText: 'Outputs' });
    await outputs.locator('.entry').first().waitFor();
    await page.locator('.fresh[data-state="final"]').waitFor();
    await picture(page, 'execution');
    await page.getByText('What it was launched with').click();
    await page.locator('.fact-list', { hasText: 'Launch plan' }).waitFor();
  });
});

test('the nodes are a tree with times, and a timeline in milliseconds', async () => {
  await visit(`${succeeded.page}?view=nodes`, async (page) => {
    const rows = page.locator('table.nodes tbody tr[data-row]');
    await rows.first().waitFor();
    assert.ok((await rows.count()) >= 1);
    await picture(page, 'execution-nodes');
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await page.locator('.bars [data-spent="run"]').first().waitFor();
    await page.locator('.legend', { hasText: 'Critical path' }).waitFor();
    assert.match(page.url(), /view=timeline/);
    const edges = (selector) => page.locator(selector).first().evaluate((one) => [one.getBoundingClientRect().left, one.getBoundingClientRect().right].map(Math.round));
    assert.deepEqual(await edges('.bars .track'), await edges('.ruler'), 'bars lie below the times that the axis says');
    await picture(page, 'execution-timeline');
  });
});

test('a node shows inputs, outputs, attempts and its log', async () => {
  await visit(`${succeeded.page}?view=nodes`, async (page) => {
    await page.locator('table.nodes tbody tr[data-row] [data-rowlink]').first().click();
    await page.locator('.panel section.data', { hasText: 'Outputs' }).locator('.entry').first().waitFor();
    await picture(page, 'node-data');
    await page.getByRole('tab', { name: 'Attempts' }).click();
    await page.locator('.attempts li .badge[data-phase="SUCCEEDED"]').first().waitFor();
    await page.getByRole('tab', { name: 'Logs' }).click();
    await page.locator('.log', { hasText: /Complete/ }).locator('pre').waitFor();
    await picture(page, 'node-logs');
    assert.match(page.url(), /node=.+tab=logs/);
    await page.reload();
    await page.locator('.log pre').waitFor();
    await page.getByRole('tab', { name: 'About' }).click();
    await page.locator('.panel .fact-list', { hasText: 'Runs' }).waitFor();
    await page.getByRole('link', { name: 'Launch it alone…' }).click();
    // With the inputs that it had: nothing is missing.
    await page.locator('.verdict-bar[data-launchable="true"]').waitFor();
    assert.match(page.url(), /kind=tasks&.*&of=.*&node=/);
  });
});

test('the graph is walked and zoomed from the keyboard', async () => {
  await visit(succeeded.page, async (page) => {
    await page.locator('.card[data-node="start-node"] .face').focus();
    await page.keyboard.press('ArrowRight');
    const focused = () => document.activeElement.closest('.card')?.dataset.node;
    await page.waitForFunction(() => (document.activeElement.closest('.card')?.dataset.node ?? 'start-node') !== 'start-node');
    const reached = await page.evaluate(focused);
    const before = await page.locator('.stage').getAttribute('style');
    await page.keyboard.press('+');
    assert.notEqual(await page.locator('.stage').getAttribute('style'), before);
    await page.keyboard.press('Enter');
    await page.locator('.panel header', { hasText: reached }).waitFor();
  });
});

test('a failed run shows the Python traceback, and the line that did it', async () => {
  await visit(failed.page, async (page) => {
    await page.locator('.head .badge[data-phase="FAILED"]').waitFor();
    const failure = page.locator('main > .failure');
    await failure.locator('pre', { hasText: 'Traceback (most recent call last)' }).waitFor();
    await failure.locator('.place', { hasText: 'failing.py' }).waitFor();
    await picture(page, 'failed');
    await page.goto(`${server}${failed.page}?view=nodes`);
    await page.locator('table.nodes tr', { has: page.locator('[data-phase="FAILED"]') }).locator('[data-rowlink]').first().click();
    await page.getByRole('tab', { name: 'Attempts' }).click();
    await page.locator('.attempts .failure pre', { hasText: 'Traceback (most recent call last)' }).first().waitFor();
  });
});

test('a failed run is recovered: what has succeeded is taken over, the rest runs again', async () => {
  await visit(failed.page, async (page) => {
    await page.getByRole('button', { name: 'Recover…' }).click();
    await page.locator('dialog[open] .names li', { hasText: 'first' }).waitFor();
    await page.locator('dialog[open]').getByText('1 node is taken over:').waitFor();
    await page.getByRole('button', { name: 'Recover', exact: true }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(failed.name));
    await page.locator('.head .badge[data-phase="FAILED"]').waitFor({ timeout: 60_000 });
    await page.locator('.card[data-node="n0"][data-phase="RECOVERED"]').waitFor();
    await page.locator('.card[data-node="n1"][data-phase="FAILED"]').waitFor();
  });
});

test('workflows, tasks and launch plans are listed, and each version has a page', async () => {
  await visit(`${place}/workflows`, async (page) => {
    await page.getByRole('link', { name: 'stage.everything' }).click();
    await picture(page, 'versions');
    await page.getByRole('link', { name: version, exact: true }).click();
    await page.locator('h1', { hasText: 'stage.everything' }).waitFor();
    // Nothing runs here: no node has a phase.
    await page.locator('.card[data-node="n0"][data-phase="NONE"]').waitFor();
    assert.equal(await page.locator('.card .elapsed').count(), 0);
    await page.locator('section.data', { hasText: 'Inputs' }).getByText('list[int]').waitFor();
    await picture(page, 'workflow');
    await page.goto(`${server}${place}/tasks/stage.square/version/${version}`);
    await page.locator('.fact-list', { hasText: 'Cached' }).waitFor();
    await picture(page, 'task');
    await page.goto(`${server}${place}/tasks`);
    await page.locator('[data-entity="stage.square"]').waitFor();
    await picture(page, 'tasks');
  });
});

test('a name is archived, found among those, and listed again', async () => {
  await visit(`${place}/tasks?q=stage.square`, async (page) => {
    const row = page.locator('[data-entity="stage.square"]');
    await row.getByRole('button', { name: 'Archive' }).click();
    await row.waitFor({ state: 'detached' });
    await page.getByRole('checkbox', { name: 'Archived' }).check();
    await row.getByRole('button', { name: 'List again' }).click();
    await row.waitFor({ state: 'detached' });
    await page.getByRole('checkbox', { name: 'Archived' }).uncheck();
    await row.waitFor();
  });
});

test('a schedule is activated and deactivated', async () => {
  await visit(`${place}/launchPlans/stage.nightly/version/${version}`, async (page) => {
    await page.locator('.fact-list', { hasText: 'cron 0 2 * * *' }).waitFor();
    await page.getByRole('button', { name: 'Activate', exact: true }).click();
    await page.getByRole('button', { name: 'Deactivate' }).waitFor();
    await picture(page, 'launch-plan');
    await page.goto(`${server}${place}/launchPlans`);
    await page.locator('[data-entity="stage.nightly"] .badge').waitFor();
    await picture(page, 'launch-plans');
    await page.goto(`${server}${place}/launchPlans/stage.nightly/version/${version}`);
    await page.getByRole('button', { name: 'Deactivate' }).click();
    await page.getByRole('button', { name: 'Activate', exact: true }).waitFor();
  });
});

test('a schedule says when it fires next, and another one is written and judged', async () => {
  await visit(`${place}/launchPlans/stage.nightly/version/${version}`, async (page) => {
    const times = page.locator('.schedule > .times');
    await times.locator('tbody tr').nth(9).waitFor();
    assert.match(await times.locator('time').first().innerText(), / 02:00:00$/);
    await page.getByRole('button', { name: 'Another schedule…' }).click();
    const dialog = page.locator('dialog[open]');
    await dialog.locator('[name="cron"]').fill('61 * * * *');
    await dialog.locator('.wrong').waitFor();
    await dialog.locator('[name="cron"]').fill('CRON_TZ=Asia/Kolkata 30 9 * * MON-FRI');
    await dialog.locator('time', { hasText: / 04:00:00$/ }).first().waitFor();
    await picture(page, 'schedule');
    // One that is there is refused: each run of the tests has a version of its own.
    const made = `at-${Date.now()}`;
    await dialog.locator('[name="version"]').fill(made);
    await dialog.getByRole('button', { name: 'Register' }).click();
    await page.waitForURL(`**/version/${made}`);
    await page.locator('.state-line .badge', { hasText: 'Active' }).waitFor();
    await times.locator('time', { hasText: / 04:00:00$/ }).first().waitFor();
    await page.getByRole('button', { name: 'Deactivate' }).click();
    await page.getByRole('button', { name: 'Activate', exact: true }).waitFor();
  });
});

test('Ctrl-K finds anything, and the keyboard leads everywhere', async () => {
  await visit(succeeded.list, async (page) => {
    await page.locator('table.executions').waitFor();
    await page.keyboard.press('Control+k');
    await page.locator('dialog.palette input').fill('stage.nightly');
    await page.locator('#found li', { hasText: 'launch plan' }).first().waitFor();
    await picture(page, 'palette');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/launchPlans/stage.nightly');
    await page.keyboard.press('?');
    await page.locator('dialog.keys-sheet[open]').waitFor();
    await picture(page, 'shortcuts');
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await page.waitForURL('**/executions');
    await page.locator('table.executions tbody [data-rowlink]').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/executions\/[^/]+$/);
  });
});

test('times are told in the zone that is asked for', async () => {
  await visit(`${succeeded.page}?tz=Asia/Kolkata&view=nodes`, async (page) => {
    await page.locator('table.nodes time').first().waitFor();
    assert.match(await page.locator('table.nodes time').first().getAttribute('title'), /\+05:30/);
    await page.locator('.top .menu summary').click();
    await page.getByLabel('Times in').selectOption('');
    await page.waitForFunction(() => document.querySelector('table.nodes time').title.includes('UTC'));
  });
});

test('a narrow screen, and each choice of colours, show everything too', async () => {
  await visit(`${succeeded.page}?view=nodes`, async (page) => {
    await page.locator('table.nodes tbody tr[data-row]').first().waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(server + succeeded.page);
    await page.locator('section.data', { hasText: 'Outputs' }).locator('.entry').first().waitFor();
    await picture(page, 'execution-dark');
    await page.locator('.top .menu summary').click();
    await page.getByLabel('Colours').selectOption('contrast');
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'contrast');
    await page.locator('.top .menu summary').click();
    await picture(page, 'execution-contrast');
    for (const width of [1100, 720, 420]) {
      await page.setViewportSize({ width, height: 900 });
      const wide = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;
      assert.equal(await page.evaluate(wide), false, `nothing is cut off at ${width} pixels`);
    }
    await page.evaluate(() => localStorage.removeItem('aileron.theme'));
    await page.emulateMedia({ colorScheme: 'light' });
    await page.reload();
    await page.locator('section.data', { hasText: 'Outputs' }).locator('.entry').first().waitFor();
    await picture(page, 'execution-narrow');
    await page.goto(server + succeeded.list);
    await page.locator('table.executions tbody [data-rowlink]').first().waitFor();
    const cells = page.locator('table.executions tbody tr[data-execution]').first().locator('td:visible');
    const boxes = await cells.evaluateAll((all) => all.map((cell) => cell.getBoundingClientRect()).map(({ left, right, top, bottom }) => ({ left, right, top, bottom })));
    const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    assert.ok(boxes.length > 5 && boxes.every((one, at) => boxes.slice(at + 1).every((other) => !overlap(one, other))), 'no cell lies on another');
    await picture(page, 'executions-narrow');
  });
});

test('projects are found by name and label', async () => {
  await visit('/console/projects', async (page) => {
    await page.getByRole('link', { name: 'development' }).first().waitFor();
    await picture(page, 'projects');
    await page.getByLabel('Search projects').fill('no such project');
    await page.getByText('No project matches').waitFor();
    assert.match(page.url(), /q=no%20such/);
  });
});

test('a name that nobody knows is answered with code and advice', async () => {
  await visit(`${succeeded.list}/nosuchexecution`, async (page) => {
    const notice = page.locator('.notice[role="alert"]').first();
    await notice.waitFor();
    assert.match(await notice.innerText(), /NOT_FOUND/);
    assert.equal(await page.getByRole('button', { name: 'Relaunch', exact: true }).count(), 0);
    await picture(page, 'not-found');
  });
});

test('two executions are compared node by node', async () => {
  await visit(succeeded.list, async (page) => {
    for (const name of [succeeded.name, failed.name]) await page.locator(`tr[data-execution="${name}"]`).getByRole('checkbox').check();
    await page.locator('.bulk').getByRole('link', { name: 'Compare' }).click();
    await page.waitForURL(/view=compare&with=/);
    await page.locator('table.compare tr.differ', { hasText: 'Failed' }).first().waitFor();
    await page.locator('.values-line', { hasText: 'The inputs differ: ' }).waitFor();
    await picture(page, 'execution-compare');
  });
});

test('the console opens on the project that was looked at last', async () => {
  await visit('/console/projects/flytesnacks/domains/staging/executions', async (page) => {
    await page.locator('.empty').waitFor();
    await page.goto(`${server}/console/`);
    await page.waitForURL('**/domains/staging/executions');
    await page.goto(server + succeeded.list);
    await page.locator('table.executions').waitFor();
  });
});

test('an empty list says the exact next command', async () => {
  await visit(`/console/projects/flytesnacks/domains/production/executions`, async (page) => {
    await page.locator('.empty pre', { hasText: 'pyflyte run --remote -p flytesnacks -d production' }).waitFor();
    await picture(page, 'empty');
  });
});
