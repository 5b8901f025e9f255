// The form that launches: every type, four views of one model, the server's checks, uploads, relaunches, commands.
//
// PYTHON_BIN   a folder with pyflyte
// AILERON      the binary
//
// and what console.test.mjs takes.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { execution, launch, picture, post, required, server, visit } from './browser.mjs';

const { place, list, project, domain } = execution(required('EXECUTION'));
const version = required('STAGE_VERSION');
const everything = `${place}/launch?kind=launchPlans&name=stage.everything&version=${version}`;
const field = (page, name) => page.locator(`[data-input="${name}"]`);

test('a workflow with an input of every kind is filled in and launched', async () => {
  await visit(everything, async (page) => {
    await field(page, 'count').locator('[data-code="ParameterNotBound"]').waitFor();
    await field(page, 'count').locator('input').fill('three');
    await field(page, 'count').locator('.wrong', { hasText: 'three' }).waitFor();
    await page.locator('.verdict-bar[data-launchable="false"]').waitFor();
    await picture(page, 'launch-wrong');
    const name = await launch(page, everything, fill);
    await page.locator('.head .badge[data-phase="SUCCEEDED"]').waitFor({ timeout: 60_000 });
    const output = await page.locator('section.data', { hasText: 'Outputs' }).innerText();
    assert.match(output, /3 0.5 hello True/);
    assert.match(output, /Item\(name='apple', price=1.0\)/);
    await page.getByRole('link', { name: 'Relaunch with changes…' }).click();
    await page.waitForURL(`**/launch?relaunch=${name}`);
    await field(page, 'count').locator('input').waitFor();
    assert.equal(await field(page, 'count').locator('input').inputValue(), '3');
    await page.locator('.verdict-bar[data-launchable="true"]').waitFor();
    await picture(page, 'relaunch');
    // Whether in one press or through the form: the same request.
    const asked = await request(name);
    await page.getByRole('button', { name: 'Launch', exact: true }).click();
    await page.waitForURL(/\/executions\/[^/?]+$/);
    assert.deepEqual(await request(page.url().split('/').pop()), asked);
    await page.goto(`${server}${list}/${name}`);
    await page.getByRole('button', { name: 'Relaunch', exact: true }).click();
    await page.waitForURL((url) => /\/executions\/[^/?]+$/.test(url.pathname) && !url.pathname.endsWith(name));
    assert.deepEqual(await request(page.url().split('/').pop()), asked);
  });
});

test('fields, JSON and YAML are one model', async () => {
  await visit(everything, async (page) => {
    await field(page, 'count').locator('input').fill('4');
    await page.getByRole('tab', { name: 'JSON' }).click();
    const text = page.getByLabel('Inputs as JSON');
    assert.equal(JSON.parse(await text.inputValue()).count, 4);
    await text.fill(JSON.stringify({ count: 5, text: 'x', order: { items: [{ name: 'pear' }] }, numbers: [1], either: 'y' }));
    await page.locator('.verdict-bar[data-launchable="true"]').waitFor();
    await picture(page, 'launch-json');
    await page.getByRole('tab', { name: 'YAML' }).click();
    assert.match(await page.getByLabel('Inputs as YAML').inputValue(), /count: 5\n/);
    await page.getByLabel('Inputs as YAML').fill('count: many\n');
    await page.locator('.wrong', { hasText: 'count' }).first().waitFor();
    await page.getByRole('tab', { name: 'Fields' }).click();
    assert.equal(await field(page, 'count').locator('input').inputValue(), 'many');
  });
});

test('a file is uploaded into its field', async () => {
  await visit(`${place}/launch?kind=workflows&name=stage.count_lines&version=${version}`, async (page) => {
    await field(page, 'file').locator('input[type="file"]').setInputFiles({ name: 'three.txt', mimeType: 'text/plain', buffer: Buffer.from('a\nb\nc\n') });
    await field(page, 'file').getByText('three.txt is uploaded.').waitFor();
    await page.getByRole('button', { name: 'Launch', exact: true }).click();
    await page.locator('.head .badge[data-phase="SUCCEEDED"]').waitFor({ timeout: 60_000 });
    await page.locator('section.data', { hasText: 'Outputs' }).locator('.value', { hasText: /^3$/ }).waitFor();
  });
});

test('the command for pyflyte launches the same', async () => {
  await visit(`${place}/launch?kind=workflows&name=stage.squares&version=${version}&view=commands`, async (page) => {
    const command = page.locator('[data-command="pyflyte"] pre');
    await command.waitFor();
    await picture(page, 'launch-commands');
    const environment = { ...process.env, PATH: `${required('PYTHON_BIN')}:${process.env.PATH}` };
    const { stdout } = await promisify(execFile)('sh', ['-c', await command.innerText()], { env: environment });
    const [, name] = stdout.match(/executions\/([a-z0-9-]+)/) ?? [];
    assert.ok(name, stdout);
    await page.goto(`${server}${list}/${name}`);
    await page.locator('.head', { hasText: 'stage.squares' }).waitFor();
  });
});

test('the command for aileron launches the same, and what is said to grpcurl is the request', async () => {
  await visit(`${place}/launch?kind=workflows&name=stage.squares&version=${version}&view=commands`, async (page) => {
    const text = (command) => page.locator(`[data-command="${command}"] pre`).innerText();
    const environment = { ...process.env, PATH: `${dirname(resolve(required('AILERON')))}:${process.env.PATH}` };
    const { stdout } = await promisify(execFile)('sh', ['-c', await text('aileron')], { env: environment });
    const [name] = stdout.match(/[a-z][a-z0-9]{19}/) ?? [];
    assert.ok(name, stdout);
    const [, said] = (await text('grpcurl')).match(/-d '(.*)'/s) ?? [];
    const { id } = await post('executions', JSON.parse(said));
    assert.deepEqual(await request(id.name), await request(name));
  });
});

test('in a form of 200 fields a keystroke is judged within a frame', async () => {
  await visit(`${place}/launch?kind=workflows&name=stage.wide&version=${version}`, async (page) => {
    await field(page, 'x199').locator('input').waitFor();
    const times = await page.evaluate(async () => {
      const inputs = [...document.querySelectorAll('.input-block input')];
      const taken = [];
      for (const input of inputs.slice(0, 60)) {
        input.value = 'x';
        const start = performance.now();
        input.dispatchEvent(new InputEvent('input', { bubbles: true }));
        // Effects run in microtasks; a task of its own comes after all of them.
        await new Promise((done) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = done; port2.postMessage(0); });
        taken.push(performance.now() - start);
      }
      return taken.slice(30).sort((a, b) => a - b);
    });
    const p95 = times[Math.floor(times.length * 0.95)];
    console.log(`keystroke to verdict, 200 fields, p95 of 30: ${p95.toFixed(1)} ms`);
    // A frame has 16 ms; machines that run tests are shared.
    assert.ok(p95 < 100, `${p95} ms`);
  });
});

/** What an execution was asked for with, but for who asked how. */
async function request(name) {
  const about = async (kind) => (await fetch(`${server}/api/v1/${kind}/${project}/${domain}/${name}`)).json();
  const { metadata, ...spec } = (await about('executions')).spec;
  return { spec, inputs: (await about('data/executions')).fullInputs };
}

async function fill(page) {
  await field(page, 'count').locator('input').fill('3');
  await field(page, 'text').locator('input').fill('hello');
  const order = field(page, 'order');
  await order.getByRole('button', { name: '+ Element' }).click();
  await order.locator('.elements .member', { hasText: 'name' }).locator('input').first().fill('apple');
  await field(page, 'numbers').getByRole('button', { name: '+ Element' }).click();
  await field(page, 'numbers').locator('.elements input').fill('7');
  await field(page, 'either').locator('select').selectOption({ label: 'str' });
  await field(page, 'either').locator('input').fill('word');
  await picture(page, 'launch');
}
