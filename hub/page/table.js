// Hosts as rows of a table, of which only those in view are in the document.

import { $, element, place } from './element.js';
import { direction } from './order.js';
import { bindRow, drawRow, heads, isSorting, newRow } from './row.js';
import { note, view } from './view.js';
import { say } from './words.js';

const HIGH = 36;                // of a row, as the style has it
const BEYOND = 6;               // rows above and below what is seen

let list = [];
let rows = new Map();           // those in the document, by the host's id
const spare = [];
let asked = 0;                  // the frame that is asked for

const parts = { node: null, body: null, heads: new Map() };

function newTable() {
  const cells = heads.map(([name, words]) => {
    const head = element('div', `th ${name}`);
    head.setAttribute('role', 'columnheader');
    if (!isSorting(name)) head.append(words);
    else {
      const button = element('button', '', words);
      button.type = 'button';
      button.title = words;
      button.addEventListener('click', () => sortBy(name));
      head.append(button);
      parts.heads.set(name, head);
    }
    return head;
  });
  const top = element('div', 'tr', ...cells);
  top.setAttribute('role', 'row');
  const head = element('div', 'thead', top);
  parts.body = element('div', 'tbody');
  for (const each of [head, parts.body]) each.setAttribute('role', 'rowgroup');
  parts.node = element('div', 'table', head, parts.body);
  parts.node.setAttribute('role', 'table');
  parts.node.setAttribute('aria-label', say('Hosts'));
  parts.body.addEventListener('keydown', walk);
}

function sortBy(name) {
  const isAgain = view.sort === name;
  Object.assign(view, { order: isAgain ? (direction() === 'up' ? 'down' : 'up') : '', sort: name });
  note();
  table.sorted();
}

/** Arrows go from host to host. */
function walk(event) {
  const row = document.activeElement.closest('.tr');
  const at = list.findIndex(({ info }) => info.id === row?.dataset.id);
  const page = Math.max(1, Math.floor(innerHeight / HIGH) - 2);
  const to = {
    ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0,
    End: list.length - 1,
  }[event.key];
  if (at < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const next = Math.min(list.length - 1, Math.max(0, to));
  const top = parts.body.getBoundingClientRect().top + next * HIGH;
  // The head hides what is right below the edge.
  if (top < HIGH) scrollBy(0, top - HIGH);
  if (top + HIGH > innerHeight) scrollBy(0, top + HIGH - innerHeight);
  render();
  rows.get(list[next].info.id)?.open.focus({ preventScroll: true });
}

/** The first and the one behind the last that is in the document. */
function inView() {
  const above = -parts.body.getBoundingClientRect().top;
  const first = Math.max(0, Math.floor(above / HIGH) - BEYOND);
  const end = Math.min(list.length, Math.ceil((above + innerHeight) / HIGH) + BEYOND);
  return [Math.min(first, list.length), Math.max(end, first)];
}

function render() {
  if (!parts.node?.isConnected) return;
  const [first, end] = inView();
  const wanted = new Map();
  for (let at = first; at < end; at += 1) wanted.set(list[at].info.id, at);
  // Who has the focus keeps it, however far away.
  const focused = document.activeElement.closest?.('.tbody .tr')?.dataset.id;
  if (focused && !wanted.has(focused)) {
    const at = list.findIndex(({ info }) => info.id === focused);
    if (at >= 0) wanted.set(focused, at);
  }
  for (const [id, row] of rows) {
    if (wanted.has(id) && list[wanted.get(id)] === row.host) continue;
    rows.delete(id);
    spare.push(row);
  }
  const sorted = [...wanted].sort((a, b) => a[1] - b[1]);
  rows = new Map(sorted.map(([id, at]) => [id, rows.get(id) ?? bind(list[at])]));
  for (const [id, at] of sorted) put(rows.get(id).node, at);
  place(parts.body, [...rows.values()].map(({ node }) => node));
}

function bind(host) {
  const row = spare.pop() ?? newRow();
  bindRow(row, host);
  return row;
}

function put(node, at) {
  const where = `translateY(${at * HIGH}px)`;
  if (node.style.transform !== where) node.style.transform = where;
  const index = String(at + 2);
  if (node.getAttribute('aria-rowindex') !== index) node.setAttribute('aria-rowindex', index);
}

function later() {
  if (asked || !parts.node?.isConnected) return;
  asked = requestAnimationFrame(() => {
    asked = 0;
    render();
  });
}

addEventListener('scroll', later, { passive: true });
addEventListener('resize', later);

export const table = {
  /** Called when the viewer wants another order. */
  sorted: () => {},

  show(hosts) {
    if (!parts.node) newTable();
    list = hosts;
    place($('groups'), [parts.node]);
    parts.node.setAttribute('aria-rowcount', String(list.length + 1));
    parts.body.style.height = `${list.length * HIGH}px`;
    const word = direction() === 'up' ? 'ascending' : 'descending';
    for (const [name, head] of parts.heads) {
      if (name === view.sort) head.setAttribute('aria-sort', word);
      else head.removeAttribute('aria-sort');
    }
    render();
    for (const row of rows.values()) drawRow(row);
  },

  draw(host) {
    const row = rows.get(host.info.id);
    if (row) drawRow(row);
  },

  leave() {
    parts.node.remove();
    spare.push(...rows.values());
    rows = new Map();
  },
};
