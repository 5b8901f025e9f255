// One browser for a file of tests, and pages in it that must not complain.
//
// AILERON_URL   the server, such as http://127.0.0.1:30080
// CHROMIUM      the browser, /usr/bin/chromium if not given
// SCREENSHOTS   a folder for pictures of every page (optional)

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';

export const server = required('AILERON_URL').replace(/\/$/, '');

const screenshots = process.env.SCREENSHOTS;

const patience = 15_000;

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

/** Opens a page, lets `check` look at it, and asserts that nothing went wrong meanwhile. */
export async function visit(path, check) {
  const page = await browser.newPage();
  const troubles = [];
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== new URL(server).origin) troubles.push(`request to ${url.origin}`);
  });
  try {
    await page.goto(server + path);
    await check(page);
  } catch (error) {
    // What the page complained about is most often why it did not show what was waited for.
    if (troubles.length) error.message += `\nThe page's own troubles:\n${troubles.join('\n')}`;
    throw error;
  } finally {
    await page.close();
  }
  assert.deepEqual(troubles, []);
}

export async function picture(page, name) {
  if (screenshots) await page.screenshot({ path: join(screenshots, `${name}.png`) });
}

export function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}; the head of the file that asks for it says what it is`);
  return value;
}
