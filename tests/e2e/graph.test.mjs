// The graph of a run: what is inside of nodes opens in its place, with phases.
//
// Takes what console.test.mjs takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { card } from './dropping.mjs';
import { execution, isAccessible, launch, picture, required, visit } from './browser.mjs';

const { place, list } = execution(required('EXECUTION'));
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
