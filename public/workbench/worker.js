// Runs the workbench beside the page, so that a large file never holds the page up.
//
// In: {id, call, arguments}, where `call` is a method of `Workbench`. Out: {id, answer}, or {id, problem}
// with the JSON text that the workbench throws, or {id, crashed} with what the browser says; a workbench
// that crashed answers nothing more.

importScripts('aileron_workbench.js');

const workbench = wasm_bindgen({ module_or_path: 'aileron_workbench_bg.wasm' }).then(() => new wasm_bindgen.Workbench());

onmessage = async ({ data: { id, call, arguments: given } }) => {
  try {
    postMessage({ id, answer: (await workbench)[call](...given) });
  } catch (error) {
    const is_problem = error instanceof Error && error.message.startsWith('{');
    postMessage(is_problem ? { id, problem: error.message } : { id, crashed: String(error) });
  }
};
