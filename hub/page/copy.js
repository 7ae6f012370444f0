// A line to copy, also where the browser keeps its clipboard from a page that came in clear.

import { element, put } from './element.js';
import { button } from './form.js';
import { say } from './words.js';

function select(node) {
  const range = document.createRange();
  range.selectNodeContents(node);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

async function copy(node) {
  const written = await navigator.clipboard?.writeText(node.textContent).then(() => true, () => {});
  if (written) return true;
  select(node);
  try { return document.execCommand('copy'); } catch { return false; }
}

/** The line, and a button that copies it, or marks it where nothing else is allowed. */
export function copyLine(text) {
  const code = element('code', '', text);
  const said = element('span', 'copied');
  said.setAttribute('role', 'status');
  const press = button(say('Copy'), async () => {
    const done = await copy(code);
    if (!done) select(code);
    put(said, done ? say('Copied') : say('It is marked: copy it by the keyboard or the menu.'));
  });
  const line = element('pre', '', code);
  line.tabIndex = 0;
  return element('div', 'copy', line, element('p', 'decide', press, said));
}
