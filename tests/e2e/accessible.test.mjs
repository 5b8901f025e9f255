// Every page is held to WCAG 2.2 AA by axe-core: nothing serious is found on any, in light, dark and high contrast.
//
// Takes what console.test.mjs takes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { execution, required, server, visit } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const { place, list, page: run } = execution(required('EXECUTION'));
const failed = execution(required('FAILED_EXECUTION'));
const version = required('STAGE_VERSION');

const pages = {
  projects: ['/console/projects', 'table.list'],
  executions: [list, 'table.executions tbody [data-rowlink]'],
  execution: [run, 'section.data .entry'],
  nodes: [`${run}?view=nodes&node=n0`, '.panel section.data .entry'],
  timeline: [`${run}?view=timeline`, '.bars [data-spent]'],
  attempts: [`${failed.page}?node=n1&tab=attempts`, '.attempts .failure'],
  logs: [`${run}?node=n0&tab=logs`, '.log pre'],
  workflows: [`${place}/workflows`, '[data-entity]'],
  versions: [`${place}/tasks/stage.square`, '[data-version]'],
  workflow: [`${place}/workflows/stage.squares/version/${version}`, 'section.data'],
  task: [`${place}/tasks/stage.square/version/${version}`, '.fact-list'],
  'launch plan': [`${place}/launchPlans/stage.nightly/version/${version}`, '.fact-list'],
  gates: [`${place}/gates`, 'main h2, main table'],
  launch: [`${place}/launch?kind=launchPlans&name=stage.everything&version=${version}`, '.input-block'],
  'launch as JSON': [`${place}/launch?kind=launchPlans&name=stage.everything&version=${version}&view=json`, 'textarea'],
  'no such page': ['/console/nowhere', 'main h1'],
};

for (const [name, [address, ready]] of Object.entries(pages)) {
  test(`nothing serious is wrong with the page of ${name}`, async () => {
    await visit(address, async (page) => {
      await page.locator(ready).first().waitFor();
      // By the debugger: the page's own policy lets no script in.
      await page.evaluate(axe);
      for (const theme of ['light', 'dark', 'contrast']) {
        await page.evaluate((theme) => document.documentElement.setAttribute('data-theme', theme), theme);
        const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
        const serious = found.violations.filter((one) => ['serious', 'critical'].includes(one.impact));
        const told = serious.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`);
        assert.deepEqual(told, [], `${theme}, ${server}${address}`);
      }
    });
  });
}
