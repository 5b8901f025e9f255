// Dropping files on the workbench as a hand does, and finding what became of them.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

export const address = '/console/workbench';

/** A file of the workbench's own tests. */
export function data(file) {
  return readFileSync(fileURLToPath(new URL(`../../workbench/tests/data/${file}`, import.meta.url)));
}

/** Drops files of the workbench's tests on the page. */
export async function drop(page, ...files) {
  await dropContents(page, files.map((file) => ({ name: basename(file), content: data(file) })));
}

/** Drops a file with a text or bytes in it. */
export async function dropText(page, name, content) {
  await dropContents(page, [{ name, content }]);
}

async function dropContents(page, files) {
  await hold(page, files, ['dragover', 'drop']);
}

/** Sends what the browser tells the page while files are held over it, or let go. */
export async function hold(page, files, kinds) {
  await page.locator('.gather').waitFor();
  const contents = files.map(({ name, content, type }) => ({ name, type, bytes: Buffer.from(content).toString('base64') }));
  await page.evaluate(({ contents, kinds }) => {
    const dataTransfer = new DataTransfer();
    for (const { name, bytes, type } of contents) {
      dataTransfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name, { type }));
    }
    for (const kind of kinds) {
      document.body.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
    }
  }, { contents, kinds });
}

export function entity(page, title, kind) {
  return page.locator('.shelf li button').filter({ has: page.getByText(title, { exact: true }) }).filter({ hasText: kind });
}

export function card(page, node) {
  return page.locator(`.card[data-node="${node}"]`);
}

/** A workflow of tasks as protobuf's JSON: `nodes` are id, task and inputs of `[name, from, output]`. */
export function workflow(name, nodes, { inputs = ['a'], output = ['n0', 'o0'], type = 'INTEGER' } = {}) {
  const int = { type: { simple: type } };
  const id = (resourceType, name) => ({ resourceType, project: 'p', domain: 'd', name, version: 'v1' });
  const bind = ([variable, nodeId, from]) => ({ var: variable, binding: { promise: { nodeId, var: from } } });
  return {
    template: {
      id: id('WORKFLOW', name),
      interface: { inputs: { variables: Object.fromEntries(inputs.map((input) => [input, int])) }, outputs: { variables: { o0: int } } },
      nodes: nodes.map(([node, task, inputs]) => ({ id: node, metadata: { name: task }, taskNode: { referenceId: id('TASK', task) }, inputs: inputs.map(bind) })),
      outputs: [bind(['o0', ...output])],
    },
  };
}

/** A task as protobuf's JSON: one input `a`, one output `o0`. */
export function task(name, { takes = 'INTEGER', gives = 'INTEGER' } = {}) {
  return {
    template: {
      id: { resourceType: 'TASK', project: 'p', domain: 'd', name, version: 'v1' },
      type: 'python-task',
      metadata: { runtime: { type: 'FLYTE_SDK' }, retries: { retries: 2 } },
      interface: { inputs: { variables: { a: { type: { simple: takes } } } }, outputs: { variables: { o0: { type: { simple: gives } } } } },
      container: { image: 'img:v1', args: ['pyflyte-execute', '--inputs', '{{.input}}'], env: [{ key: 'MODE', value: 'test' }], resources: { requests: [{ name: 'CPU', value: '1' }] } },
    },
  };
}
