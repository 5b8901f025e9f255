// Measures the console's pages on a real server in Chromium; `cargo xtask bench console` makes rows of it.
//
//     node bench_live.mjs AILERON
//
// AILERON is the binary, which serves from a folder of its own. One JSON object of numbers on standard output; times are
// milliseconds, the 95th of 100 of what was measured.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const [binary] = process.argv.slice(2);
const RUNS = 30;
const EXECUTIONS = 2_000;
const RUNNING = 1_000;
/// Events a second, and how many are waited for on the page.
const RATE = 100;
const WATCHED = 60;
const FIELDS = 200;
const FRAMES = 240;
/// 10 Mbit/s, and a processor of a quarter of this one's speed.
const SLOW = { offline: false, latency: 20, downloadThroughput: 1_250_000, uploadThroughput: 1_250_000 };
const project = 'flytesnacks';
const domain = 'development';
const place = `/console/projects/${project}/domains/${domain}`;

const numbers = {};
const folder = mkdtempSync(join(tmpdir(), 'aileron-bench-'));
const serving = spawn(binary, ['serve', '--listen', '127.0.0.1:0', '--parallel-attempts', '1', '--data-dir', folder], { stdio: ['ignore', 'pipe', 'ignore'] });
const server = await address();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  await prepare();
  await opened();
  await typed();
  await scrolled();
  await changed();
  console.log(JSON.stringify(numbers));
} finally {
  await browser.close();
  const ended = new Promise((done) => serving.once('exit', done));
  serving.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function address() {
  for await (const line of createInterface(serving.stdout)) {
    const found = /http:\/\/[\d.:]+/.exec(line)?.[0];
    if (found) {
      serving.stdout.resume();
      return found;
    }
  }
  throw new Error('the server has not said where it listens');
}

function percentile(times, part = 0.95) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)];
}

function note(key, times) {
  numbers[key] = percentile(times);
  console.error(`${key}: median ${percentile(times, 0.5).toFixed(1)}, p95 ${numbers[key].toFixed(1)}, worst ${Math.max(...times).toFixed(1)} of ${times.length}`);
}

async function post(path, body) {
  const answer = await fetch(`${server}/api/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** A workflow of as many nodes beside each other, which wait behind a gate; a task of many inputs; executions. */
async function prepare() {
  const id = (resourceType, name) => ({ resourceType, project, domain, name, version: 'v1' });
  const empty = { inputs: { variables: {} }, outputs: { variables: {} } };
  const task = (name, variables) => ({ id: id('TASK', name), type: 'raw-container', metadata: { runtime: { type: 'OTHER', version: '1' } }, interface: { ...empty, inputs: { variables } }, container: { image: 'none', command: ['sleep', '3600'] } });
  const wide = task('wide', Object.fromEntries(Array.from({ length: FIELDS }, (_, at) => [`x${at}`, { type: { simple: 'INTEGER' } }])));
  const waits = task('waits', {});
  for (const template of [wide, waits]) await post('tasks', { id: template.id, spec: { template } });
  const gate = { id: 'gate', gateNode: { sleep: { duration: '3600s' } } };
  const step = (at) => ({ id: `n${at}`, taskNode: { referenceId: waits.id }, upstreamNodeIds: ['gate'] });
  const one = { id: id('WORKFLOW', 'one'), interface: empty, nodes: [{ id: 'n0', taskNode: { referenceId: waits.id } }] };
  const many = { id: id('WORKFLOW', 'many'), interface: empty, nodes: [gate, ...Array.from({ length: RUNNING }, (_, at) => step(at))] };
  for (const template of [one, many]) {
    await post('workflows', { id: template.id, spec: { template } });
    await post('launch_plans', { id: id('LAUNCH_PLAN', template.id.name), spec: { workflowId: template.id } });
  }
  const launch = (name, plan) => post('executions', { project, domain, name, spec: { launchPlan: id('LAUNCH_PLAN', plan), metadata: { mode: 'MANUAL' } } });
  await launch('running', 'many');
  let next = 0;
  const stream = async () => {
    while (next < EXECUTIONS) await launch(`e${(next += 1)}`, 'one');
  };
  await Promise.all(Array.from({ length: 16 }, stream));
}

async function context() {
  const made = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  made.setDefaultTimeout(60_000);
  return made;
}

/** From the navigation to rows that can be pressed. */
async function opened() {
  const load = async (page) => {
    await page.goto(`${server}${place}/executions`, { waitUntil: 'commit' });
    return page.evaluate(async () => {
      while (!document.querySelector('table.executions tbody [data-rowlink]')) await new Promise((next) => setTimeout(next, 5));
      return performance.now();
    });
  };
  const times = { cold: [], warm: [] };
  for (let run = 0; run < RUNS; run += 1) {
    const fresh = await context();
    const page = await fresh.newPage();
    const session = await fresh.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', SLOW);
    await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    times.cold.push(await load(page));
    await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    await load(page);
    times.warm.push(await load(page));
    await fresh.close();
  }
  note('opened_cold', times.cold);
  note('opened_warm', times.warm);
}

/** From a keystroke in a form of many fields to its verdict. */
async function typed() {
  const page = await (await context()).newPage();
  await page.goto(`${server}${place}/launch?kind=tasks&name=wide&version=v1`);
  await page.locator(`[data-input="x${FIELDS - 1}"] input`).waitFor();
  const times = await page.evaluate(async (runs) => {
    const taken = [];
    for (const input of [...document.querySelectorAll('.input-block input')].slice(0, 2 * runs)) {
      input.value = 'x';
      const start = performance.now();
      input.dispatchEvent(new InputEvent('input', { bubbles: true }));
      // Effects run in microtasks; a task of its own comes after all of them.
      await new Promise((done) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = done; port2.postMessage(0); });
      taken.push(performance.now() - start);
    }
    return taken.slice(-runs);
  }, RUNS);
  note('keystroke', times);
  await page.context().close();
}

/** Frames of scrolling through the list of executions, once it is loaded as far as it will be seen. */
async function scrolled() {
  const page = await (await context()).newPage();
  await page.goto(`${server}${place}/executions`);
  await page.locator('table.executions tbody [data-rowlink]').first().waitFor();
  const { times, rows } = await page.evaluate(async (frames) => {
    const frame = () => new Promise((next) => requestAnimationFrame(next));
    const rendered = () => new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(performance.now());
      port2.postMessage(0);
    });
    for (let height = 0; height !== document.body.scrollHeight || document.body.scrollHeight < 40_000; ) {
      height = document.body.scrollHeight;
      scrollTo(0, height);
      await new Promise((next) => setTimeout(next, 100));
      if (performance.now() > 50_000) break;
    }
    scrollTo(0, 0);
    await frame();
    const times = [];
    let rows = 0;
    for (let at = 0; at < frames; at += 1) {
      await frame();
      const started = performance.now();
      scrollTo(0, (document.body.scrollHeight * at) / frames);
      times.push((await rendered()) - started);
      rows = Math.max(rows, document.querySelectorAll('table.executions tbody tr').length);
    }
    return { times, rows };
  }, FRAMES);
  note('scroll_frame', times);
  numbers.scroll_rows = rows;
  await page.context().close();
}

/** From an event that the server has taken to the row that shows it, while others come. */
async function changed() {
  const executionId = { project, domain, name: 'running' };
  const report = (node, phase) => post('events/nodes', { requestId: `${node}-${phase}`, event: { id: { nodeId: node, executionId }, phase, occurredAt: new Date().toISOString(), specNodeId: node, nodeName: node } });
  const all = Array.from({ length: RUNNING }, (_, at) => `n${at}`);
  for (let at = 0; at < all.length; at += 50) await Promise.all(all.slice(at, at + 50).map((node) => report(node, 'RUNNING')));
  const page = await (await context()).newPage();
  await page.goto(`${server}${place}/executions/running?view=nodes`);
  await page.locator('table.nodes tr[data-row] .badge[data-phase="RUNNING"]').first().waitFor();
  const seen = await page.locator('table.nodes tr[data-row]').evaluateAll((rows) => rows.filter((row) => row.querySelector('[data-phase="RUNNING"]')).map((row) => row.dataset.row));
  const watched = seen.filter((node) => /^n\d+$/.test(node)).slice(0, WATCHED);
  await page.evaluate((watched) => {
    globalThis.shown = {};
    const look = () => {
      for (const node of watched) {
        if (!globalThis.shown[node] && document.querySelector(`tr[data-row="${node}"] [data-phase="SUCCEEDED"]`)) globalThis.shown[node] = Date.now();
      }
      requestAnimationFrame(look);
    };
    look();
    globalThis.long = [];
    let before = performance.now();
    const frame = (now) => {
      globalThis.long.push(now - before);
      before = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, watched);
  const others = all.filter((node) => !watched.includes(node));
  const taken = {};
  const tick = 1000 / RATE;
  const every = Math.max(1, Math.floor(600 / watched.length));
  for (let at = 0, start = Date.now(); at < 600; at += 1) {
    const mine = at % every === 0 ? watched[at / every] : undefined;
    const node = mine ?? others[at];
    void report(node, 'SUCCEEDED').then(() => (taken[node] = Date.now()));
    await new Promise((next) => setTimeout(next, Math.max(0, start + at * tick - Date.now())));
  }
  await page.waitForFunction((count) => Object.keys(globalThis.shown).length >= count, watched.length);
  const [shown, frames] = await page.evaluate(() => [globalThis.shown, globalThis.long]);
  note('event_to_pixel', watched.map((node) => Math.max(0, shown[node] - taken[node])));
  note('event_frame', frames);
  await page.context().close();
}
