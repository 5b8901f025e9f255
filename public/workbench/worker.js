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

// What is known of a file lies beside it: a list of files, or which of them are old, is told without reading any.
function opened() {
  const opening = indexedDB.open('aileron.workbench', 2);
  opening.onupgradeneeded = ({ oldVersion }) => {
    const about = opening.result.createObjectStore('about', { keyPath: 'name' });
    if (oldVersion < 1) {
      opening.result.createObjectStore('files', { keyPath: 'name' });
      return;
    }
    opening.transaction.objectStore('files').openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      const { name, bytes, at } = cursor.value;
      about.put({ name, size: bytes.length, at });
      cursor.continue();
    };
  };
  return opening;
}

function store(mode, work) {
  return new Promise((done, fail) => {
    const opening = opened();
    opening.onerror = () => fail(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction(['files', 'about'], mode);
      const asked = work({ files: transaction.objectStore('files'), about: transaction.objectStore('about') });
      transaction.oncomplete = () => {
        opening.result.close();
        done(asked.result);
      };
      transaction.onerror = () => fail(transaction.error);
    };
  });
}

const newestFirst = (about) => about.sort((a, b) => b.at - a.at);

async function through(stream, bytes) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

// What the browser does, not the workbench.
const own = {
  async keep(name, bytes) {
    if (bytes.length > LARGEST) return;
    const all = await store('readwrite', ({ files, about }) => {
      files.put({ name, bytes });
      about.put({ name, size: bytes.length, at: Date.now() });
      return about.getAll();
    });
    const old = newestFirst(all).slice(KEPT);
    if (old.length) await store('readwrite', ({ files, about }) => old.map(({ name }) => (files.delete(name), about.delete(name))).at(-1));
  },
  async recent() {
    const all = await store('readonly', ({ about }) => about.getAll());
    return JSON.stringify(newestFirst(all).map(({ name, size }) => ({ name, size })));
  },
  async recall(name) {
    return (await store('readonly', ({ files }) => files.get(name)))?.bytes ?? new Uint8Array();
  },
  async forget() {
    await store('readwrite', ({ files, about }) => (files.clear(), about.clear()));
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
