// Measures the workbench's page in Chromium; `cargo xtask bench console` makes rows of it.
//
//     node bench.mjs DIST FOLDER
//
// DIST is what `cargo xtask console` builds, FOLDER has the files that the program `closures` writes. One JSON
// object of numbers on standard output; times are milliseconds, the 95th of 100 of what was measured.

import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';

const [dist, folder] = process.argv.slice(2);
const RUNS = 30;
/// Frames of one gesture.
const FRAMES = 240;
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.svg': 'image/svg+xml' };

const numbers = {};
const server = createServer((request, response) => {
  const path = new URL(request.url, 'http://page').pathname.replace(/^\/console\//, '');
  const file = join(dist, path === 'workbench' ? 'workbench/index.html' : path);
  if (!existsSync(file) || statSync(file).isDirectory()) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
  createReadStream(file).pipe(response);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const address = `http://127.0.0.1:${server.address().port}/console/workbench`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--js-flags=--expose-gc', '--enable-precise-memory-info'],
});

try {
  for (const size of ['1k', '10k']) numbers[`paint_${size}`] = await painted(`wrong_${size}`, size === '1k' ? RUNS : 10);
  for (const size of ['1k', '10k', '50k']) await gesture(size);
  await layouts();
  console.log(JSON.stringify(numbers));
} finally {
  await browser.close();
  server.close();
}

function percentile(times, part = 0.95) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)];
}

/** The workbench with its worker started. */
async function open() {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, serviceWorkers: 'block' });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.addInitScript(() => {
    const start = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = async (...given) => {
      const made = await start.apply(WebAssembly, given);
      globalThis.memory = Object.values(made.instance.exports).find((one) => one instanceof WebAssembly.Memory);
      return made;
    };
  });
  await page.goto(address);
  await page.locator('.gather').waitFor();
  return { context, page };
}

/** Drops a file; answers how long it took until the drawing and what is wrong with it were painted. */
async function drop(page, name) {
  const bytes = readFileSync(join(folder, `${name}.pb`)).toString('base64');
  return page.evaluate(async ({ name, bytes }) => {
    const file = new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], `${name}.pb`);
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(file);
    const started = performance.now();
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    const frame = () => new Promise((next) => requestAnimationFrame(next));
    const isThere = () =>
      document.querySelector('.badge.verdict[data-phase]') &&
      Number(document.querySelector('canvas.picture')?.dataset.nodes) > 900 &&
      (!name.startsWith('wrong') || document.querySelector('.finding'));
    while (!isThere()) await frame();
    return performance.now() - started;
  }, { name, bytes });
}

async function painted(name, runs) {
  const times = [];
  for (let run = 0; run < runs; run += 1) {
    const { context, page } = await open();
    // The worker is started with the page; a small file tells that it is ready.
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([], 'inputs.pb'));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    });
    await page.locator('.shelf li').first().waitFor();
    await page.workers()[0].evaluate(() => practised);
    times.push(await drop(page, name));
    await context.close();
  }
  console.error(`painted ${name}: ${times.map(Math.round)}`);
  return percentile(times);
}

/** What the main thread does for a frame while the drawing is panned and zoomed, from script to paint. */
async function gesture(size) {
  const { context, page } = await open();
  await drop(page, `recent_${size}`);
  const times = await page.evaluate(async (frames) => {
    const graph = document.querySelector('.graph');
    const { left, top, width, height } = graph.getBoundingClientRect();
    const at = { clientX: left + width / 2, clientY: top + height / 2, bubbles: true, cancelable: true };
    const rendered = () => new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(performance.now());
      port2.postMessage(0);
    });
    const times = [];
    for (let frame = 0; frame < frames; frame += 1) {
      await new Promise((next) => requestAnimationFrame(next));
      const started = performance.now();
      // In and out through every level, and sideways between.
      const turn = frame % 8;
      const deltaY = frame < frames / 2 ? -50 : 50;
      graph.dispatchEvent(turn < 6 ? new WheelEvent('wheel', { ...at, deltaY }) : new WheelEvent('wheel', { ...at, deltaY: 90, shiftKey: true }));
      times.push((await rendered()) - started);
    }
    return times;
  }, FRAMES);
  numbers[`frame_${size}`] = percentile(times);
  numbers[`frame_${size}_median`] = percentile(times, 0.5);
  console.error(`frames of ${size}: median ${percentile(times, 0.5).toFixed(1)}, p95 ${percentile(times).toFixed(1)}, worst ${Math.max(...times).toFixed(1)}`);
  numbers[`elements_${size}`] = await page.evaluate(() => document.querySelectorAll('*').length);
  const bytes = await page.evaluate(() => {
    globalThis.gc?.();
    return { heap: performance.memory.usedJSHeapSize, wasm: globalThis.memory?.buffer.byteLength ?? 0 };
  });
  numbers[`memory_${size}`] = (bytes.heap + bytes.wasm) / 1e6;
  await context.close();
}

/** The layout in the page's worker, up to the JSON of the picture. */
async function layouts() {
  const { context, page } = await open();
  await drop(page, 'recent_1k');
  const [worker] = page.workers();
  await worker.evaluate(() => practised);
  for (const [name, runs] of [['recent_50', RUNS], ['recent_1k', RUNS], ['recent_5k', RUNS], ['recent_10k', RUNS], ['chain_5k', RUNS], ['fan_5k', RUNS], ['recent_50k', 10]]) {
    const bytes = readFileSync(join(folder, `${name}.pb`)).toString('base64');
    const times = await worker.evaluate(({ bytes, runs }) => {
      const one = new wasm_bindgen.Workbench();
      const [{ id }] = JSON.parse(one.add(Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)), 'a.pb')).entities;
      one.compile(id);
      const times = Array.from({ length: runs }, () => {
        const started = performance.now();
        one.layout(id);
        return performance.now() - started;
      });
      one.free();
      return times;
    }, { bytes, runs });
    numbers[`layout_${name}`] = percentile(times);
  }
  await context.close();
}
