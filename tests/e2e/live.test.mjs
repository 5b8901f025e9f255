// Executions that are launched from the form and watched: what happens on the server is seen on the page.
//
// Takes what console.test.mjs takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { execution, launch, picture, required, server, visit } from './browser.mjs';

const { place, list } = execution(required('EXECUTION'));
const version = required('STAGE_VERSION');
const form = (workflow) => `${place}/launch?kind=workflows&name=stage.${workflow}&version=${version}`;

test('a run is launched, watched, approved and answered', async () => {
  await visit(list, async (page) => {
    const name = await launch(page, form('gated'));
    const gate = page.locator('.gate', { hasText: 'approval' });
    await gate.waitFor({ timeout: 60_000 });
    await picture(page, 'gate');
    await page.goto(`${server}${list}/${name}?view=nodes`);
    const why = page.locator('.waits tr', { has: page.getByRole('button', { name: 'publish', exact: true }) });
    await why.filter({ hasText: /It waits for .*title/ }).waitFor();
    await picture(page, 'waits');
    await why.getByRole('button').click();
    await page.locator('.panel .why', { hasText: 'It waits for' }).waitFor();
    await page.goto(`${server}${place}/gates`);
    await page.locator('tr', { hasText: 'publish-it' }).first().waitFor();
    await picture(page, 'gates');
    await page.goto(`${server}${list}/${name}`);
    await gate.getByRole('button', { name: 'Approve' }).click();
    await page.locator('.gate', { hasText: 'waits for a value' }).getByRole('link', { name: 'Answer…' }).click();
    await page.waitForURL('**/signals/title');
    await page.locator('[data-input="value"] input').fill('Answered');
    await page.getByRole('button', { name: 'Answer', exact: true }).click();
    await page.waitForURL(`**/executions/${name}`);
    await page.locator('.head .badge[data-phase="SUCCEEDED"]').waitFor({ timeout: 60_000 });
    await page.locator('section.data', { hasText: 'Outputs' }).getByText('Answered: 7').waitFor();
  });
});

test('a log is followed while it grows, and the run is ended', async () => {
  await visit(list, async (page) => {
    const name = await launch(page, form('talking'));
    await page.goto(`${server}${list}/${name}?view=nodes&node=n0&tab=logs`);
    const log = page.locator('.log pre');
    await log.filter({ hasText: 'line 1 of 120' }).waitFor({ timeout: 60_000 });
    await page.locator('.fresh[data-state="live"]').waitFor();
    await log.filter({ hasText: 'line 4 of 120' }).waitFor();
    await picture(page, 'log-live');
    await page.getByRole('button', { name: 'Terminate…' }).click();
    await page.getByLabel('Why (others will read it)').fill('enough was said');
    await picture(page, 'terminate');
    await page.getByRole('button', { name: 'Terminate', exact: true }).click();
    await page.locator('.head .badge[data-phase="ABORTED"]').waitFor({ timeout: 30_000 });
    await page.locator('main > .failure', { hasText: 'enough was said' }).waitFor();
  });
});

test('a list follows what is launched elsewhere, and ends many at once', async () => {
  await visit(list, async (page) => {
    await page.locator('.fresh[data-state="live"]').waitFor();
    const other = await page.context().newPage();
    const name = await launch(other, form('talking'));
    await other.close();
    const row = page.locator(`tr[data-execution="${name}"]`);
    await row.waitFor();
    await row.locator('.badge[data-phase="RUNNING"]').waitFor({ timeout: 30_000 });
    await row.getByRole('checkbox').check();
    await page.locator('.bulk').getByRole('button', { name: 'Terminate…' }).click();
    await page.locator('dialog[open] .names', { hasText: name }).waitFor();
    await page.locator('dialog[open]').getByRole('button', { name: 'Terminate', exact: true }).click();
    await row.locator('.badge[data-phase="ABORTED"]').waitFor({ timeout: 30_000 });
  });
});

test('an array, a workflow inside, the cache and a deck are shown', async () => {
  await visit(list, async (page) => {
    for (const again of [false, true]) {
      const name = await launch(page, form('squares'));
      await page.locator('.head .badge[data-phase="SUCCEEDED"]').waitFor({ timeout: 300_000 });
      if (!again) continue;
      await page.goto(`${server}${list}/${name}?view=nodes`);
      await page.locator('[aria-expanded="false"]').first().click();
      await page.locator('tr[data-level="2"]').first().waitFor();
      await picture(page, 'nodes-inside');
      await page.goto(`${server}${list}/${name}?view=timeline`);
      await page.locator('.bars [data-spent="run"]').first().waitFor();
      await picture(page, 'timeline');
      await page.goto(`${server}${list}/${name}?view=nodes&find=square&rows=n1`);
      await page.locator('td.cache', { hasText: 'cache hit' }).first().waitFor();
      await page.goto(`${server}${list}/${name}?view=nodes`);
      await page.locator('table.nodes [data-rowlink]', { hasText: 'report' }).click();
      await page.getByRole('tab', { name: 'Deck' }).click();
      const deck = page.frameLocator('iframe.deck');
      await deck.getByText('Squares').first().waitFor();
      assert.equal(await page.locator('iframe.deck').getAttribute('sandbox'), '');
      assert.match(await page.locator('iframe.deck').getAttribute('src'), /^\/download\/.*&show=still$/);
      await page.getByRole('button', { name: 'Run them' }).click();
      assert.equal(await page.locator('iframe.deck').getAttribute('sandbox'), 'allow-scripts');
      // Its own script shows one part at a time.
      await deck.locator('#flyte-frame-tabs li', { hasText: 'report' }).click();
      await deck.getByText('Squares').first().waitFor();
      await picture(page, 'deck');
    }
  }, { refused: /sandboxed|Content Security Policy/ });
});
