// The buttons above the charts, and the keys that do the same: ranges, moving, zoom and reset.

import { element } from './element.js';
import { pan, ranges, reset, setRange, span, zoomBy } from './span.js';
import { say } from './words.js';

const HALF = 0.5;

const moves = [
  ['◀', say('Earlier'), () => pan(-HALF)], ['▶', say('Later'), () => pan(HALF)],
  ['−', say('Zoom out'), () => zoomBy(2)], ['+', say('Zoom in'), () => zoomBy(HALF)],
  [say('Reset'), say('Back to the range that was chosen'), reset],
];

const keys = {
  ArrowLeft: () => pan(-HALF), ArrowRight: () => pan(HALF), '+': () => zoomBy(HALF),
  '-': () => zoomBy(2), 0: reset,
  ...Object.fromEntries(ranges.map(([id], at) => [at + 1, () => setRange(id)])),
};

/** Keys while the host's page is open; those with a modifier are the browser's. */
export function keyPressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  keys[event.key]();
  event.preventDefault();
}

function button(text, label, press) {
  const node = element('button', '', text);
  node.type = 'button';
  if (label !== text) node.setAttribute('aria-label', label);
  node.title = label;
  node.addEventListener('click', press);
  return node;
}

function group(label, buttons) {
  const node = element('div', 'filter', ...buttons);
  node.setAttribute('role', 'group');
  node.setAttribute('aria-label', label);
  return node;
}

export function newTools() {
  const spans = ranges.map(([id, text]) => {
    const node = button(text, text, () => setRange(id));
    node.dataset.range = id;
    return node;
  });
  const moving = moves.map((move) => button(...move));
  const note = element('p', 'note');
  note.setAttribute('role', 'status');
  const node = element('div', 'span', group(say('Time shown'), spans),
    group(say('Move and zoom'), moving));
  return { node, spans, note, reset: moving.at(-1) };
}

export function drawTools({ spans, reset: back }) {
  for (const node of spans) {
    node.setAttribute('aria-pressed', String(node.dataset.range === span.range));
  }
  back.disabled = span.range !== null;
}
