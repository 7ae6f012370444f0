// Elements and their text. Text from agents only ever becomes textContent or an attribute.

import { level, percent } from './units.js';

export const $ = (id) => document.getElementById(id);

export function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';

export function shape(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** Sets text only when it changed: a screen of hundreds of cards stays still. */
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function meter(label) {
  const [fill, value] = [element('i'), element('span', 'value')];
  const bar = element('div', 'bar', fill);
  const node = element('div', 'meter', element('span', 'label', label), bar, value);
  return { node, fill, value };
}

export function setMeter({ fill, value }, number) {
  put(value, percent(number));
  fill.style.transform = `translateX(${(Number.isFinite(number) ? number : 0) - 100}%)`;
  fill.dataset.level = level(number, 75, 90);
}

export function fact(label, className = '') {
  const value = element('span', 'value');
  const node = element('div', `fact ${className}`, element('span', 'label', label), value);
  return { node, value };
}

export function setFact({ value }, text, mark = 'good') {
  put(value, text);
  value.classList.toggle('warn', mark === 'warn');
  value.classList.toggle('bad', mark === 'bad');
}

/** Makes these the children, in this order; moves only those that stand wrong. */
export function place(parent, nodes) {
  const keep = new Set(nodes);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  nodes.forEach((node, at) => {
    if (parent.children[at] !== node) parent.insertBefore(node, parent.children[at] ?? null);
  });
}
