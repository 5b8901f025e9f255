// Measures the workbench as wasm, in Node: the same calls as a page's worker makes.
//
//     node wasm.mjs MODULE.js FOLDER
//
// FOLDER has the files that the program `measure` writes. One JSON object of numbers on standard output:
// milliseconds, the least of several runs.

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [module, folder] = process.argv.slice(2);
const { Workbench } = createRequire(import.meta.url)(resolve(module));

const RUNS = 7;
const FIELDS = 200;
const COMPILED = ['columns_10k', 'columns_50k', 'chain_50k', 'fan_50k', 'branches_50k', 'sub_workflows_50k', 'approvals_10k'];

/** The least time of several runs, without what comes before and after each. */
function least(work, { before = () => {}, after = () => {}, runs = RUNS } = {}) {
  const times = Array.from({ length: runs }, (_, run) => {
    before();
    const started = performance.now();
    const answer = work(run);
    const taken = performance.now() - started;
    after(answer);
    return taken;
  });
  return Math.min(...times);
}

function open(name) {
  const workbench = new Workbench();
  const bytes = readFileSync(join(folder, `${name}.pb`));
  const [{ id }] = JSON.parse(workbench.add(bytes, `${name}.pb`)).entities;
  return { workbench, id };
}

/** The time to open a file. */
function opening(name) {
  const bytes = readFileSync(join(folder, `${name}.pb`));
  const opened = () => {
    const workbench = new Workbench();
    workbench.add(bytes, `${name}.pb`);
    return workbench;
  };
  return least(opened, { after: (workbench) => workbench.free(), runs: 3 });
}

const numbers = {};
const names = readdirSync(folder).filter((file) => file.endsWith('.pb')).map((file) => file.slice(0, -'.pb'.length));
for (const name of names.filter((name) => name !== 'form')) {
  console.error(`in wasm: ${name}`);
  const { workbench, id } = open(name);
  if (COMPILED.includes(name)) {
    numbers[`${name}_open_wasm`] = opening(name);
    // The workbench keeps verdicts until another file comes.
    const another = readFileSync(join(folder, 'form.pb'));
    numbers[`${name}_wasm`] = least(() => workbench.compile(id), { before: () => workbench.add(another, 'another.pb') });
  } else {
    workbench.compile(id);
    numbers[`layout_${name}_wasm`] = least(() => workbench.layout(id));
  }
  workbench.free();
}

const { workbench, id } = open('form');
const typed = Object.fromEntries(Array.from({ length: FIELDS }, (_, field) => [`field_${field}`, String(field)]));
numbers.keystroke = least((run) => workbench.validate(id, JSON.stringify({ ...typed, field_7: `1${run}` })));
const wrong = JSON.parse(workbench.validate(id, JSON.stringify({ ...typed, field_7: 'x' })));
if (wrong.diagnostics.length !== 1) throw new Error('one field is wrong');
console.log(JSON.stringify(numbers));
