// Runs in the page: drops files into the workbench and writes down what it says, as tests/golden.rs and
// tests/corpus.rs do.

/** @param {Array<{name: string, bytes: string}>} files names, and contents in base64 */
export function transcript(files) {
  const workbench = new wasm_bindgen.Workbench();
  const asked = (ask) => {
    try {
      return ask();
    } catch (problem) {
      return problem.message;
    }
  };
  const lines = files.map(({ name, bytes }) => {
    const content = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
    return `add ${asked(() => workbench.add(content, name))}`;
  });
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const entities = JSON.parse(workbench.entities());
  for (const { id } of entities) {
    const closure = () => {
      try {
        return hex(workbench.closure(id));
      } catch {
        return '';
      }
    };
    lines.push(`compile ${id} ${asked(() => workbench.compile(id))}`);
    lines.push(`closure ${id} ${closure()}`);
    lines.push(`layout ${id} ${asked(() => workbench.layout(id))}`);
    lines.push(`parameters ${id} ${asked(() => workbench.parameters(id))}`);
    lines.push(`validate ${id} ${asked(() => workbench.validate(id, '{}'))}`);
    lines.push(`values ${id} ${asked(() => workbench.values(id))}`);
    lines.push(`status ${id} ${asked(() => workbench.status(id))}`);
  }
  for (const one of entities) {
    const same = (other) => other.id > one.id && other.kind === one.kind && other.name === one.name;
    const next = entities.find(same);
    if (next) lines.push(`diff ${one.id} ${next.id} ${asked(() => workbench.diff(one.id, next.id))}`);
  }
  return lines.join('\n');
}

/** @param {Array<Array<string>>} cases the files of each case, in base64: what is said of the first */
export function verdicts(cases) {
  const asked = (ask) => {
    try {
      return ask();
    } catch (problem) {
      return problem.message;
    }
  };
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const transcript = (files) => {
    const workbench = new wasm_bindgen.Workbench();
    const lines = files.map((bytes) => {
      const content = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
      return asked(() => workbench.add(content, 'file'));
    });
    const [first] = JSON.parse(workbench.entities());
    if (first) {
      lines.push(asked(() => workbench.compile(first.id)));
      lines.push(hex(workbench.closure(first.id)));
      lines.push(asked(() => workbench.layout(first.id)));
    }
    workbench.free();
    return `${lines.join('\n')}\n`;
  };
  return cases.map(transcript).join('');
}
