// Reads the compiler's recorded cases: `compiler/tests/corpus/README.md` says how they lie in their files.

/** @param {Buffer} bytes @returns {Array<Array<Buffer>>} for each case the files that make it */
export function cases(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const [length, start] = varint(bytes, at);
    found.push(files(bytes.subarray(start, start + length)));
    at = start + length;
  }
  return found;
}

/** A WorkflowSpec of the template, field 2, and its sub-workflows, fields 3; and the tasks, fields 4. */
function files(message) {
  const fields = [...lengthDelimited(message)];
  const values = (number) => fields.filter((field) => field.number === number).map(({ value }) => value);
  const [template] = values(2);
  const workflow = template && Buffer.concat([field(1, template), ...values(3).map((value) => field(2, value))]);
  return [workflow, ...values(4)].filter((file) => file !== undefined);
}

function* lengthDelimited(message) {
  for (let at = 0; at < message.length; ) {
    const [key, afterKey] = varint(message, at);
    const [length, start] = varint(message, afterKey);
    yield { number: key >> 3, value: message.subarray(start, start + length) };
    at = start + length;
  }
}

function field(number, value) {
  const length = [];
  for (let rest = value.length; ; rest >>>= 7) {
    if (rest < 0x80) {
      return Buffer.concat([Buffer.from([(number << 3) | 2, ...length, rest]), value]);
    }
    length.push((rest & 0x7f) | 0x80);
  }
}

/** A number and where it ends. */
function varint(bytes, at) {
  let number = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    number |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [number, at];
  }
}
