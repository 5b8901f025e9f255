// The workbench in a browser: files dropped on the page are compiled, drawn and judged in it.
//
// Takes what browser.mjs takes; the files are those of the workbench's own tests.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isAccessible, picture, visit } from './browser.mjs';
import { address, data, drop, entity } from './dropping.mjs';

test('a dropped package becomes a list, and its largest workflow a drawing', async () => {
  await visit(address, async (page) => {
    await picture(page, 'workbench-empty');
    await drop(page, 'package.tgz');
    await entity(page, 'shopping', 'WorkflowSpec').and(page.locator('[data-state="accepted"]')).waitFor();
    assert.equal(await page.locator('.shelf section').filter({ hasText: 'Tasks (' }).count(), 1);
    await page.locator('.head h1', { hasText: 'shop.shopping' }).waitFor();
    await page.locator('.badge.verdict[data-phase="SUCCEEDED"]').waitFor();
    assert.ok((await page.locator('.card:not(.boundary)').count()) >= 5);
    await picture(page, 'workbench');
    await page.locator('.card:not(.boundary) > .face').first().click();
    await page.locator('.node-facts').getByText('Inputs: name, type, source').waitFor();
    assert.match(page.url(), /[?&]node=/);
    await picture(page, 'workbench-node');
    await isAccessible(page);
  });
});

test('nothing leaves the browser once files are dropped', async () => {
  await visit(address, async (page) => {
    await drop(page, 'inputs.pb');
    await page.locator('.shelf li').first().waitFor();
    const requests = [];
    page.on('request', (request) => requests.push(request.url()));
    await drop(page, 'package.tgz');
    await page.locator('.card').first().waitFor();
    await page.getByRole('tab', { name: 'Inputs' }).click();
    await page.locator('.launch .field').first().waitFor();
    assert.deepEqual(requests, []);
  });
});

test('inputs are judged while they are typed', async () => {
  await visit(address, async (page) => {
    await drop(page, 'package.tgz');
    await entity(page, 'price', 'TaskSpec').click();
    await page.getByRole('tab', { name: 'Inputs' }).click();
    const field = (name) => page.locator(`[data-input="${name}"]`);
    await field('count').locator('[data-code="ParameterNotBound"]').waitFor();
    await field('item').locator('input').fill('apple');
    await field('count').locator('input').fill('three');
    await field('count').locator('.wrong', { hasText: 'three' }).waitFor();
    await page.locator('[data-launchable="false"]').waitFor();
    await picture(page, 'workbench-inputs');
    await field('count').locator('input').fill('3');
    await page.locator('[data-launchable="true"]').waitFor();
  });
});

test('a second version is compared with the first', async () => {
  await visit(address, async (page) => {
    await drop(page, 'package.tgz', 'package-2.tgz');
    await entity(page, 'shopping', 'WorkflowSpec').nth(1).waitFor();
    await entity(page, 'shopping', 'WorkflowSpec').first().click();
    await page.getByRole('tab', { name: 'Compare' }).click();
    await page.locator('.changes li').first().waitFor();
    await picture(page, 'workbench-compare');
  });
});

test('a workflow that does not compile is drawn, with its problems on the nodes', async () => {
  await visit(address, async (page) => {
    await drop(page, 'workflow.json');
    await page.locator('.badge.verdict[data-phase="FAILED"]').waitFor();
    await page.locator('.card.troubled[data-node="n0"]').waitFor();
    assert.match(await page.title(), /^\(1\) /);
    await page.locator('.finding[data-code="TaskReferenceNotFound"] .link').first().click();
    await page.locator('.node-facts h2', { hasText: 'n0' }).waitFor();
    await picture(page, 'workbench-problems');
  });
});

test('a custom resource shows how far its execution is', async () => {
  await visit(address, async (page) => {
    await drop(page, 'resource-branching.json');
    await page.locator('.card[data-phase="SUCCEEDED"]').first().waitFor();
    await page.getByRole('tab', { name: 'Values' }).click();
    await page.locator('.panel .entry').first().waitFor();
  });
});

test('what cannot be read says why, and what to do', async () => {
  await visit(address, async (page) => {
    await drop(page, 'shop.py');
    const notice = page.locator('.notice[data-code="Source"]');
    assert.match(await notice.innerText(), /pyflyte --pkgs PACKAGE package/);
  });
});

test('pasted text is read as a file', async () => {
  await visit(address, async (page) => {
    await page.locator('.gather').waitFor();
    const text = data('workflow.yaml').toString('utf8');
    await page.evaluate((text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text', text);
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    }, text);
    await page.locator('.shelf li', { hasText: 'Workflow' }).first().waitFor();
    await page.locator('.head dd', { hasText: 'pasted text' }).waitFor();
  });
});
