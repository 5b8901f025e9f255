// Runs the workbench beside the page, so that a large file never holds the page up.
//
// In: {id, call, arguments}, where `call` is a method of `Workbench`, or one of `own`. Out, in the order of questions but
// for `own`: {id, answer}, or {id, problem} with the JSON text that the workbench throws, or {id, crashed} with what the
// browser says; a workbench that crashed answers nothing more. What comes without an id is done and not answered.

importScripts('aileron_workbench.js');

const workbench = wasm_bindgen({ module_or_path: 'aileron_workbench_bg.wasm' }).then(() => new wasm_bindgen.Workbench());

// Files that were dropped last, kept in this browser alone.
const KEPT = 12;
const LARGEST = 32 << 20;

function store(mode, work) {
  return new Promise((done, fail) => {
    const opening = indexedDB.open('aileron.workbench', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('files', { keyPath: 'name' });
    opening.onerror = () => fail(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('files', mode);
      const asked = work(transaction.objectStore('files'));
      transaction.oncomplete = () => {
        opening.result.close();
        done(asked.result);
      };
      transaction.onerror = () => fail(transaction.error);
    };
  });
}

async function through(stream, bytes) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

// What the browser does, not the workbench.
const own = {
  async keep(name, bytes) {
    if (bytes.length > LARGEST) return;
    await store('readwrite', (files) => files.put({ name, bytes, at: Date.now() }));
    const all = await store('readonly', (files) => files.getAll());
    const old = all.sort((a, b) => b.at - a.at).slice(KEPT);
    for (const { name } of old) await store('readwrite', (files) => files.delete(name));
  },
  async recent() {
    const all = await store('readonly', (files) => files.getAll());
    return JSON.stringify(all.sort((a, b) => b.at - a.at).map(({ name, bytes }) => ({ name, size: bytes.length })));
  },
  async recall(name) {
    return (await store('readonly', (files) => files.get(name)))?.bytes ?? new Uint8Array();
  },
  async forget() {
    await store('readwrite', (files) => files.clear());
  },
  async pack(bytes) {
    const packed = await through(new CompressionStream('deflate-raw'), bytes);
    let text = '';
    for (const byte of packed) text += String.fromCharCode(byte);
    return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  },
  async unpack(text) {
    const packed = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
    return through(new DecompressionStream('deflate-raw'), packed);
  },
};

// The workbench practises while nothing is asked of it (why: workbench/src/practice.rs): for so long in all, a workflow of
// so many nodes at a time, which takes less than a reader can see a question wait, and after so long a rest. Milliseconds.
const PRACTICE = 150;
const NODES = 60;
const REST = 20;

let asked = performance.now();

// For who measures: fulfilled once it has practised. Without a workbench, whoever asks it is told.
const practised = workbench.then(practise).catch(() => {});

async function practise() {
  for (let spent = 0; spent < PRACTICE; ) {
    await new Promise((next) => setTimeout(next, REST));
    const before = performance.now();
    if (before - asked < REST) continue;
    wasm_bindgen.Workbench.practise(NODES);
    spent += performance.now() - before;
  }
}

onmessage = async ({ data: { id, call, arguments: given } }) => {
  asked = performance.now();
  try {
    const answer = own[call] ? await own[call](...given) : (await workbench)[call](...given);
    if (id !== undefined) postMessage({ id, answer: answer ?? null }, ArrayBuffer.isView(answer) ? [answer.buffer] : []);
    asked = performance.now();
  } catch (error) {
    if (id === undefined) return;
    const is_problem = error instanceof Error && error.message.startsWith('{');
    postMessage(is_problem ? { id, problem: error.message } : { id, crashed: String(error) });
  }
};
