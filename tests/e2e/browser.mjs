// One browser for a file of tests, and pages in it that must not complain.
//
// AILERON_URL   the server, such as http://127.0.0.1:30080
// CHROMIUM      the browser, /usr/bin/chromium if not given
// SCREENSHOTS   a folder for pictures of every page (optional)

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const server = required('AILERON_URL').replace(/\/$/, '');

const screenshots = process.env.SCREENSHOTS;

const patience = 20_000;

let profile;
let browser;

before(async () => {
  profile = mkdtempSync(join(tmpdir(), 'aileron-e2e-'));
  if (screenshots) mkdirSync(screenshots, { recursive: true });
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    viewport: { width: 1440, height: 900 },
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
  });
  browser.setDefaultTimeout(patience);
});

after(async () => {
  await browser?.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
});

/// What the browser says of a page that is left while its program still loads.
const LEFT = /WebAssembly compilation aborted: .*Response body loading was aborted/;

/**
 * Opens a page, lets `check` look at it, and asserts that nothing went wrong meanwhile. Only `may` may be asked besides the
 * server, or the one `at` another address; what matches `refused` is told by the browser of what is meant to be refused.
 */
export async function visit(path, check, { may, refused = /^$/, at = server } = {}) {
  const page = await browser.newPage();
  const troubles = [];
  const foreign = [];
  page.on('console', (message) => message.type() === 'error' && !refused.test(message.text()) && troubles.push(message.text()));
  const isTrouble = (text) => !refused.test(text) && !LEFT.test(text);
  page.on('pageerror', (error) => isTrouble(String(error)) && troubles.push(String(error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== new URL(at).origin && url.origin !== may) foreign.push(request);
  });
  try {
    await page.goto(at + path);
    // Who goes on before the program has started stops its loading, which the browser calls an error.
    await page.locator('main').first().waitFor();
    await check(page);
  } catch (error) {
    // What the page complained about is most often why it did not show what was waited for.
    if (troubles.length) error.message += `\nThe page's own troubles:\n${troubles.join('\n')}`;
    throw error;
  } finally {
    await page.close();
  }
  // What the page's policy stops is told as a request too, and is none.
  const sent = foreign.filter((request) => request.failure()?.errorText !== 'csp');
  assert.deepEqual([...troubles, ...sent.map((request) => `request to ${request.url()}`)], []);
}

/** Asserts that axe finds nothing serious. */
export async function isAccessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(' | ')}`), []);
}

export async function picture(page, name) {
  if (screenshots) await page.screenshot({ path: join(screenshots, `${name}.png`) });
}

export function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}; the head of the file that asks for it says what it is`);
  return value;
}

/** `project/domain/name` with the addresses of its pages. */
export function execution(id) {
  const [project, domain, name] = id.split('/');
  const place = `/console/projects/${project}/domains/${domain}`;
  const list = `${place}/executions`;
  return { project, domain, name, place, list, page: `${list}/${name}` };
}

/** Launches what the form of an address is filled with, and gives the execution's name. */
export async function launch(page, address, fill = async () => {}) {
  await page.goto(server + address);
  await page.locator('.verdict-bar').waitFor();
  await fill(page);
  await page.locator('.verdict-bar[data-launchable="true"]').waitFor();
  await page.getByRole('button', { name: 'Launch', exact: true }).click();
  await page.waitForURL(/\/executions\/[^/?]+/);
  await page.locator('main.execution').waitFor();
  return decodeURIComponent(new URL(page.url()).pathname.split('/').pop());
}

/** Asks the server itself, as JSON. */
export async function post(path, body) {
  const answer = await fetch(`${server}/api/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
}
