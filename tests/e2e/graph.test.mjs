// The graph of a run: what is inside of nodes opens in its place, with phases.
//
// Takes what console.test.mjs takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { execution, isAccessible, launch, picture, required, visit } from './browser.mjs';

const { place, list } = execution(required('EXECUTION'));
const form = `${place}/launch?kind=workflows&name=stage.nested&version=${required('STAGE_VERSION')}`;
const titled = (page, title) => page.locator('.card', { has: page.locator('.title', { hasText: title }) });

/** Opens a node, and sees all of the drawing again. */
async function open(page, title) {
  await titled(page, title).locator('.fold').click();
  await titled(page, title).and(page.locator('.open')).waitFor();
  await page.getByRole('button', { name: 'Fit' }).click();
}

test('workflows inside, what a dynamic task made and the items of a map open in their places, with phases', async () => {
  await visit(list, async (page) => {
    await page.setViewportSize({ width: 2600, height: 1400 });
    await launch(page, form);
    await page.locator('.head .badge[data-phase="SUCCEEDED"]').waitFor({ timeout: 240_000 });
    await open(page, /^sized$/);
    // The arm that was taken has ended, the other one was never run.
    await titled(page, /^double$/).and(page.locator('[data-phase="SUCCEEDED"]')).waitFor();
    await titled(page, /^square$/).and(page.locator('[data-phase="SKIPPED"], [data-phase="NOT_RUN"]')).waitFor();
    const map = titled(page, /^odd \(map\)$/);
    await map.locator('.tally[aria-label="4 items: 2 failed, 2 succeeded"]').waitFor();
    await open(page, /^odd \(map\)$/);
    await page.locator('canvas.picture[data-items="4"]').waitFor();
    await open(page, /^grown$/);
    const grown = () => [...document.querySelectorAll('.card[data-node^="n1/dn"]')].filter((card) => card.dataset.phase === 'SUCCEEDED').length;
    await page.waitForFunction(`(${grown})() === 5`);
    await picture(page, 'execution-nested');
    await isAccessible(page);
    // All of it is in the address.
    await page.waitForFunction(() => new URL(location).searchParams.get('open').split(',').length === 3);
    await page.reload();
    await page.waitForFunction(`(${grown})() === 5`);
    await page.locator('.card[data-node="n1/dn0"] .face').click();
    await page.locator('.panel section.data', { hasText: 'Outputs' }).locator('.entry').first().waitFor();
    assert.match(page.url(), /node=n1-0-dn0/);
  });
});
