// Twelve things that people do, each done by the keyboard alone.
//
// Takes what console.test.mjs takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { execution, required, server, visit } from './browser.mjs';

const succeeded = execution(required('EXECUTION'));
const failed = execution(required('FAILED_EXECUTION'));
const version = required('STAGE_VERSION');
const { place, list } = succeeded;
const form = (workflow) => `${place}/launch?kind=workflows&name=stage.${workflow}&version=${version}`;

/** How many presses of Tab are patience. */
const FAR = 80;

/** Presses Tab until an element has the focus. */
async function reach(page, element) {
  await element.waitFor();
  for (let at = 0; at < FAR; at += 1) {
    if (await element.evaluate((one) => one === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`${FAR} presses of Tab do not lead to ${element}`);
}

async function press(page, element) {
  await reach(page, element);
  await page.keyboard.press('Enter');
}

/** Launches what needs no inputs, and waits for its page. */
async function launched(page, workflow) {
  await page.goto(server + form(workflow));
  await page.locator('.verdict-bar[data-launchable="true"]').waitFor();
  await press(page, page.getByRole('button', { name: 'Launch', exact: true }));
  await page.waitForURL(/\/executions\/[^/?]+/);
  await page.locator('main.execution').waitFor();
}

test('1: an execution is opened from the list', async () => {
  await visit(list, async (page) => {
    await page.locator('table.executions tbody [data-rowlink]').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.locator('main.execution').waitFor();
  });
});

test('2: a workflow is found by its name', async () => {
  await visit(list, async (page) => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('stage.squares');
    await page.locator('#found li', { hasText: 'workflow' }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: 'stage.squares' }).waitFor();
  });
});

test('3: the list is filtered', async () => {
  await visit(list, async (page) => {
    await press(page, page.locator('.filters').getByRole('button', { name: 'Failed' }));
    await page.waitForURL(/show=failed/);
    await page.locator(`tr[data-execution="${failed.name}"]`).waitFor();
  });
});

test('4: two executions are chosen and compared', async () => {
  await visit(list, async (page) => {
    for (const name of [succeeded.name, failed.name]) {
      await reach(page, page.locator(`tr[data-execution="${name}"]`).getByRole('checkbox'));
      await page.keyboard.press('Space');
    }
    await press(page, page.locator('.bulk').getByRole('link', { name: 'Compare' }));
    await page.locator('table.compare tr.differ').first().waitFor();
  });
});

test('5: one goes from tab to tab', async () => {
  await visit(succeeded.page, async (page) => {
    await reach(page, page.getByRole('tab', { name: 'Graph' }));
    await page.keyboard.press('ArrowRight');
    await page.locator('table.nodes tbody tr[data-row]').first().waitFor();
    await page.keyboard.press('ArrowRight');
    await page.locator('.bars .track').first().waitFor();
  });
});

test('6: the log of a node is read', async () => {
  await visit(`${succeeded.page}?view=nodes`, async (page) => {
    await page.locator('table.nodes [data-rowlink]').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await reach(page, page.locator('.panel').getByRole('tab', { name: 'Data' }));
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.locator('.log', { hasText: 'Complete' }).waitFor();
  });
});

test('7: the graph is walked to a node, which is opened', async () => {
  await visit(succeeded.page, async (page) => {
    await reach(page, page.locator('.card[data-node="start-node"] .face'));
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => document.activeElement.closest('.card')?.dataset.node === 'n0');
    await page.keyboard.press('Enter');
    await page.locator('.panel header', { hasText: 'n0' }).waitFor();
  });
});

test('8: a node is sought in the graph', async () => {
  await visit(failed.page, async (page) => {
    await page.locator('.card').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('err');
    await page.locator('.card[data-node="n0"].dim').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.card[data-node="n1"]:not(.dim) .face[aria-pressed="true"]').waitFor();
  });
});

test('9: the colours are chosen', async () => {
  await visit(list, async (page) => {
    await press(page, page.locator('.top .menu summary'));
    await reach(page, page.getByLabel('Colours'));
    await page.keyboard.type('Dark');
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
    await page.evaluate(() => localStorage.removeItem('aileron.theme'));
  });
});

test('10: a form is filled in and launched', async () => {
  await visit(form('squares'), async (page) => {
    await page.locator('.verdict-bar[data-launchable="true"]').waitFor();
    await press(page, page.locator('[data-input="numbers"]').getByRole('button', { name: 'Give a value' }));
    await press(page, page.locator('[data-input="numbers"]').getByRole('button', { name: '+ Element' }));
    await reach(page, page.locator('[data-input="numbers"] .elements input').first());
    await page.keyboard.type('4');
    await page.locator('.verdict-bar[data-launchable="true"]').waitFor();
    await press(page, page.getByRole('button', { name: 'Launch', exact: true }));
    await page.locator('main.execution').waitFor();
    await page.locator('section.data', { hasText: 'Inputs' }).getByText('[4]').waitFor();
  });
});

test('11: what runs is ended', async () => {
  await visit(list, async (page) => {
    await launched(page, 'talking');
    await press(page, page.getByRole('button', { name: 'Terminate…' }));
    await reach(page, page.getByLabel('Why (others will read it)'));
    await page.keyboard.type('by hand');
    await press(page, page.getByRole('button', { name: 'Terminate', exact: true }));
    await page.locator('.head .badge[data-phase="ABORTED"]').waitFor({ timeout: 30_000 });
    await page.locator('main > .failure', { hasText: 'by hand' }).waitFor();
  });
});

test('12: a gate is opened', async () => {
  await visit(list, async (page) => {
    await launched(page, 'gated');
    const gate = page.locator('.gate', { hasText: 'approval' });
    await gate.waitFor({ timeout: 60_000 });
    await press(page, gate.getByRole('button', { name: 'Approve' }));
    await gate.waitFor({ state: 'detached' });
    await press(page, page.getByRole('button', { name: 'Terminate…' }));
    await press(page, page.getByRole('button', { name: 'Terminate', exact: true }));
    await page.locator('.head .badge[data-phase="ABORTED"]').waitFor({ timeout: 30_000 });
  });
});
