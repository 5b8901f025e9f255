// The console in a browser, on a real run of a real server.
//
// EXECUTION          project/domain/name of an execution that has succeeded
// FAILED_EXECUTION   one that failed with a Python error (optional)
//
// and what browser.mjs takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { picture, required, server, visit } from './browser.mjs';

const succeeded = execution(required('EXECUTION'));
const failed = process.env.FAILED_EXECUTION && execution(process.env.FAILED_EXECUTION);

test('the console opens on a list that has the run', async () => {
  await visit('/console/', async (page) => {
    await page.waitForURL('**/console/projects/*/domains/*/executions');
    await page.goto(server + succeeded.list);
    const row = page.locator(`tr[data-execution="${succeeded.name}"]`);
    await row.locator('.badge[data-phase="SUCCEEDED"]').waitFor();
    await picture(page, 'executions');
    await row.getByRole('link', { name: succeeded.name }).click();
    await page.waitForURL(server + succeeded.page);
    await page.locator('.head .badge[data-phase="SUCCEEDED"]').waitFor();
  });
});

test('a filter is part of the address', async () => {
  await visit(`${succeeded.list}?show=succeeded`, async (page) => {
    await page.locator('.filters a[aria-current]', { hasText: 'Succeeded' }).waitFor();
    await page.locator(`tr[data-execution="${succeeded.name}"]`).waitFor();
    await page.locator('.filters').getByRole('link', { name: 'Failed' }).click();
    await page.locator(`tr[data-execution="${succeeded.name}"]`).waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).search, '?show=failed');
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
    assert.equal(await page.locator('table.nodes tbody tr').count(), await cards.count());
    assert.equal(await page.locator('canvas.picture').count(), 1);
    const outputs = page.locator('section.data', { hasText: 'Outputs' });
    await outputs.locator('.entry').first().waitFor();
    await picture(page, 'execution');
  });
});

test('a node shows inputs, outputs, attempts and its log', async () => {
  await visit(succeeded.page, async (page) => {
    await page.locator('.card:not(.boundary)').last().click();
    await page.locator('.panel section.data', { hasText: 'Outputs' }).locator('.entry').first().waitFor();
    await picture(page, 'node-data');
    await page.getByRole('tab', { name: 'Attempts' }).click();
    await page.locator('.attempts li .badge[data-phase="SUCCEEDED"]').first().waitFor();
    await page.getByRole('tab', { name: 'Logs' }).click();
    await page.locator('.log', { hasText: /Complete/ }).locator('pre').waitFor();
    await picture(page, 'node-logs');
    assert.match(page.url(), /[?&]node=.+&?tab=logs|[?&]tab=logs&node=.+/);
    await page.reload();
    await page.locator('.log pre').waitFor();
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

test('a narrow, dark screen shows everything too', async () => {
  await visit(succeeded.page, async (page) => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('.card:not(.boundary)').first().waitFor();
    await picture(page, 'execution-dark');
    for (const width of [1100, 720, 420]) {
      await page.setViewportSize({ width, height: 900 });
      const wide = () => ['.drawing', ':root'].filter((name) => {
        const element = document.querySelector(name);
        return element.scrollWidth > element.clientWidth;
      });
      assert.deepEqual(await page.evaluate(wide), [], `nothing is cut off at ${width} pixels`);
    }
    await picture(page, 'execution-narrow');
  });
});

test('a failed run shows the Python traceback', { skip: !failed }, async () => {
  await visit(failed.page, async (page) => {
    await page.locator('.head .badge[data-phase="FAILED"]').waitFor();
    const failure = page.locator('main > .failure');
    await failure.locator('pre', { hasText: 'Traceback (most recent call last)' }).waitFor();
    await picture(page, 'failed');
    await page.locator('.card[data-phase="FAILED"]').first().click();
    await page.getByRole('tab', { name: 'Attempts' }).click();
    await page.locator('.attempts .failure pre', { hasText: 'Traceback (most recent call last)' }).first().waitFor();
    await picture(page, 'failed-attempt');
  });
});

test('a name that nobody knows is answered with code and advice', async () => {
  await visit(`${succeeded.list}/nosuchexecution`, async (page) => {
    const notice = page.locator('.notice[role="alert"]');
    await notice.waitFor();
    assert.match(await notice.innerText(), /NOT_FOUND/);
    await picture(page, 'not-found');
  });
});

function execution(id) {
  const [project, domain, name] = id.split('/');
  const list = `/console/projects/${project}/domains/${domain}/executions`;
  return { project, domain, name, list, page: `${list}/${name}` };
}
