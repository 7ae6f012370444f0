// A name that is too long is cut in its middle: what tells `rack-12-node-03` apart is its end.

import { element } from './element.js';

const END = 7;                  // letters that always stay
const SHORT = 14;               // up to so many there is nothing to cut

const segmenter = Intl.Segmenter ? new Intl.Segmenter() : null;

/** As people count letters: what is joined stays together. */
function letters(text) {
  return segmenter ? [...segmenter.segment(text)].map(({ segment }) => segment) : [...text];
}

/** An element with such a name in it. */
export function nameElement(tag, className, text) {
  const node = element(tag, className);
  putName(node, text);
  return node;
}

/** Sets the whole text, in the two parts that the style cuts between; `more` is told beside it. */
export function putName(node, text, more = '') {
  const title = more && more !== text ? `${text} (${more})` : text;
  if (node.title === title && node.firstChild) return;
  node.title = title;
  const all = letters(text);
  const at = all.length > SHORT ? all.length - END : all.length;
  node.classList.add('middle');
  node.replaceChildren(
    element('span', 'start', all.slice(0, at).join('')),
    element('span', 'end', all.slice(at).join('')),
  );
}
