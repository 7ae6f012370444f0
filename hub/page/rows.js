// Rows of a list, as the hub tells them: values behind the numbers of their columns. Of a row that
// is known only what changed is told. What comes out has the form of a whole reading.

let columns = [];               // of each its path in a reading

/** The names of the columns, in order: `cpu.usage`, `temperatures.0.celsius`. */
export function setColumns(names) {
  columns = names.map((name) => name.split('.'));
}

/** Takes a row into `values` (a Map by column); of a whole row nothing else remains in it. */
export function takeRow(values, [, ...pairs], whole) {
  if (whole) values.clear();
  for (let at = 0; at < pairs.length; at += 2) {
    if (pairs[at + 1] === null) values.delete(pairs[at]);
    else values.set(pairs[at], pairs[at + 1]);
  }
}

/** The reading that these values are of. */
export function readingOf(values) {
  const reading = {};
  for (const [column, value] of values) if (columns[column]) put(reading, columns[column], value);
  return reading;
}

function put(reading, path, value) {
  let part = reading;
  path.slice(0, -1).forEach((key, at) => {
    part[key] ??= /^\d+$/.test(path[at + 1]) ? [] : {};
    part = part[key];
  });
  part[path.at(-1)] = value;
}
