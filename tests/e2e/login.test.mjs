// A server that tells callers apart: people log in, see who they are, are offered what they may do, and log out.
//
// AILERON   the binary: a server of its own with accounts of its own is started here
//
// and what browser.mjs takes.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

import { isAccessible, picture, required, visit } from './browser.mjs';

const binary = required('AILERON');
const password = 'correct horse battery';
const place = '/console/projects/flytesnacks/domains/development';
const list = `${place}/executions`;
const id = (resourceType, name) => ({ resourceType, project: 'flytesnacks', domain: 'development', name, version: 'v1' });
const empty = { inputs: { variables: {} }, outputs: { variables: {} } };
const form = `${place}/launch?kind=launchPlans&name=waits&version=v1`;

let folder;
let serving;
let at;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aileron-login-'));
  const beside = ['--data-dir', join(folder, 'data')];
  const told = (...words) => execFileSync(binary, [...words, ...beside], { input: `${password}\n`, encoding: 'utf8' });
  for (const [name, role] of [['vera', 'viewer'], ['lars', 'launcher'], ['cora', 'contributor']]) {
    told('user', 'add', name, '--password-stdin');
    told('role', 'grant', `user:${name}`, role, 'flytesnacks/development');
  }
  serving = spawn(binary, ['serve', '--listen', '127.0.0.1:0', '--auth', 'builtin', ...beside], { stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface(serving.stdout)) {
    at = /http:\/\/[\d.:]+/.exec(line)?.[0];
    if (at) break;
  }
  serving.stdout.resume();
});

after(async () => {
  if (serving?.exitCode === null) {
    const ended = new Promise((done) => serving.once('exit', done));
    serving.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

/** Opens a page as somebody, who logs in on the way. */
async function as(name, path, check, refused = /^$/) {
  await visit(path, async (page) => {
    await page.getByLabel('User').fill(name);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.locator('.reader summary', { hasText: name }).waitFor();
    assert.ok(page.url().startsWith(at + path), page.url());
    try {
      await check(page);
    } catch (error) {
      // The next one begins as nobody.
      await page.context().clearCookies();
      throw error;
    }
    if (await page.locator('dialog[open]').count()) await page.keyboard.press('Escape');
    await page.locator('.reader summary').click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('User').waitFor();
  }, { at, refused });
}

/** What the page itself sends: the browser adds the session's cookie. */
const sent = (page, path, body) =>
  page.evaluate(async ([path, body]) => {
    const answer = await fetch(`/api/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    return answer.ok ? 'sent' : answer.text();
  }, [path, body]);

test('who is not known is led to the login, told what is wrong, and led back', async () => {
  await visit(`${list}?show=failed`, async (page) => {
    await page.getByLabel('User').fill('vera');
    await page.getByLabel('Password').fill('guessed');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('Wrong name or password.').waitFor();
    await picture(page, 'login');
    await isAccessible(page);
    await page.getByLabel('User').fill('vera');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(`${at}${list}?show=failed`);
    await page.locator('.reader summary').click();
    await page.locator('.reader .sheet', { hasText: 'viewer in flytesnacks/development' }).waitFor();
    await picture(page, 'reader');
    await isAccessible(page);
    // A session that has ended while the page was open: what it asks next says so, and where to go.
    await page.context().clearCookies();
    await page.getByRole('link', { name: 'Tasks' }).click();
    await page.locator('.notice', { hasText: 'UNAUTHENTICATED' }).getByRole('link', { name: 'Log in' }).click();
    await page.waitForURL(/\/login\?redirect_url=.*tasks/);
    await page.getByLabel('User').waitFor();
  }, { at, refused: /401/ });
});

test('a contributor registers, activates and launches', async () => {
  await as('cora', list, async (page) => {
    const task = { id: id('TASK', 'waits'), type: 'raw-container', metadata: { runtime: { type: 'OTHER', version: '1' } }, interface: empty, container: { image: 'none', command: ['sleep', '600'] } };
    assert.equal(await sent(page, 'tasks', { id: task.id, spec: { template: task } }), 'sent');
    const template = { id: id('WORKFLOW', 'waits'), interface: empty, nodes: [{ id: 'n0', taskNode: { referenceId: task.id } }] };
    assert.equal(await sent(page, 'workflows', { id: template.id, spec: { template } }), 'sent');
    assert.equal(await sent(page, 'launch_plans', { id: id('LAUNCH_PLAN', 'waits'), spec: { workflowId: template.id } }), 'sent');
    await page.goto(at + form);
    await page.locator('.verdict-bar[data-launchable="true"]').waitFor();
    await page.getByRole('button', { name: 'Launch', exact: true }).click();
    await page.getByRole('button', { name: 'Terminate…' }).waitFor();
    await page.goto(`${at}${place}/launchPlans/waits/version/v1`);
    await page.getByRole('button', { name: /^(Dea|A)ctivate$/ }).waitFor();
  });
});

test('a viewer is offered nothing that would be refused, and told what it takes', async () => {
  await as('vera', list, async (page) => {
    await page.locator('table.executions [data-rowlink]').first().waitFor();
    await page.locator('html[data-may="look"]').waitFor();
    const offered = () => page.locator('[data-needs]:visible').count();
    assert.equal(await offered(), 0);
    await page.locator('table.executions [data-rowlink]').first().click();
    await page.getByText('To launch or end it takes the role launcher here.').waitFor();
    assert.equal(await offered(), 0);
    await picture(page, 'execution-viewer');
    await page.goto(at + form);
    await page.getByText('To launch takes the role launcher here.').waitFor();
    assert.equal(await offered(), 0);
    await page.goto(`${at}${place}/launchPlans/waits/version/v1`);
    await page.locator('.state-line').waitFor();
    await page.locator('html[data-may="look"]').waitFor();
    assert.equal(await offered(), 0);
    // The page leaves out; it is the server that refuses, and says why.
    const refusal = await page.evaluate(async () => {
      const answer = await fetch('/api/v1/executions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"project":"flytesnacks","domain":"development","spec":{}}' });
      return [answer.status, await answer.text()];
    });
    assert.equal(refusal[0], 403);
    assert.match(refusal[1], /needs the role launcher in project flytesnacks, domain development/);
  }, /403/);
});

test('a launcher launches and ends that, but is not offered to activate; what others launched they may not end', async () => {
  await as('lars', form, async (page) => {
    await page.locator('html[data-may="launch"]').waitFor();
    await page.locator('.verdict-bar[data-launchable="true"]').waitFor();
    await page.getByRole('button', { name: 'Launch', exact: true }).click();
    await page.locator('main.execution').waitFor();
    await end(page);
    await page.locator('.head .badge[data-phase="ABORTED"]').waitFor();
    await page.goto(`${at}${list}?show=active`);
    // That of the contributor.
    await page.locator('table.executions [data-rowlink]').first().click();
    await end(page);
    await page.locator('.toast', { hasText: 'needs the role contributor' }).waitFor();
    await page.goto(`${at}${place}/launchPlans/waits/version/v1`);
    await page.locator('html[data-may="launch"]').waitFor();
    await page.locator('.state-line').waitFor();
    assert.equal(await page.getByRole('button', { name: /^(Dea|A)ctivate$/ }).count(), 0);
  });
});

async function end(page) {
  await page.getByRole('button', { name: 'Terminate…' }).click();
  await page.locator('dialog[open]').getByRole('button', { name: 'Terminate', exact: true }).click();
}
