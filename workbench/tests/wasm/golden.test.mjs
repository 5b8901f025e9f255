// The workbench in a browser says what it says natively, byte for byte.
//
//     node --test workbench/tests/wasm/golden.test.mjs
//
// builds the module, loads it into a headless Chromium and holds its answers against tests/golden, which
// the native test writes. Needs cargo with the wasm target, wasm-bindgen, and `npm ci` in tests/e2e;
// CHROMIUM is the browser's path if it is not /usr/bin/chromium.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

import { cases } from './corpus.mjs';
import { transcript, verdicts } from './page.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const tests = join(root, 'workbench/tests');
const { chromium } = createRequire(join(root, 'tests/e2e/package.json'))('playwright-core');

/** Most bytes that a browser transfers for the module. */
const TRANSFER_LIMIT = 500 * 1024;

let browser;
let page;
let wasm;

/** Builds the module and its loader; answers the folder that has both. */
function build() {
  const run = (program, ...args) => execFileSync(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const metadata = JSON.parse(run('cargo', 'metadata', '--format-version', '1', '--no-deps'));
  const target = metadata.target_directory;
  run('cargo', 'build', '--quiet', '--package', 'aileron-workbench', '--features', 'wasm', '--target',
    'wasm32-unknown-unknown', '--profile', 'wasm-release');
  const folder = join(target, 'workbench');
  run('wasm-bindgen', '--target', 'no-modules', '--no-typescript', '--out-dir', folder,
    join(target, 'wasm32-unknown-unknown/wasm-release/aileron_workbench.wasm'));
  return folder;
}

before(async () => {
  const folder = build();
  wasm = readFileSync(join(folder, 'aileron_workbench_bg.wasm'));
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  page = await browser.newPage();
  // The loader's binding would end with the evaluation.
  await page.evaluate(`${readFileSync(join(folder, 'aileron_workbench.js'), 'utf8')}
    globalThis.wasm_bindgen = wasm_bindgen;`);
  await page.evaluate((module) => {
    const bytes = Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0));
    wasm_bindgen.initSync({ module: bytes });
  }, wasm.toString('base64'));
});

after(() => browser?.close());

for (const line of readFileSync(join(tests, 'cases.txt'), 'utf8').trim().split('\n')) {
  const [name, list] = line.split(': ');
  test(name, async () => {
    const files = list.split(' ').map((file) => {
      return { name: basename(file), bytes: readFileSync(join(tests, 'data', file)).toString('base64') };
    });
    const found = await page.evaluate(`(${transcript})(${JSON.stringify(files)})`);
    assert.equal(found, readFileSync(join(tests, 'golden', `${name}.txt`), 'utf8').trimEnd());
  });
}

for (const line of readFileSync(join(tests, 'golden/corpus.txt'), 'utf8').trim().split('\n')) {
  const [group, count, digest] = line.split(' ');
  test(`the corpus: ${group}`, async () => {
    const found = cases(readFileSync(join(root, `compiler/tests/corpus/${group}.pbs`)));
    assert.equal(found.length, Number(count));
    const files = found.map((one) => one.map((bytes) => bytes.toString('base64')));
    const said = await page.evaluate(`(${verdicts})(${JSON.stringify(files)})`);
    assert.equal(createHash('sha256').update(said).digest('hex'), digest);
  });
}

test('the module is small', () => {
  const { length } = brotliCompressSync(wasm, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  console.log(`wasm, brotli: ${length} bytes`);
  assert.ok(length <= TRANSFER_LIMIT, `${length} bytes`);
});
