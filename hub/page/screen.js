// The screen: which hosts are shown, groups in order, cards in order within them, once a frame.

import { isLoud } from './attention.js';
import { drawCard } from './card.js';
import { detail, drawDetail } from './detail.js';
import { $, element, put } from './element.js';
import { figures } from './figures.js';
import { link } from './live.js';
import { language, say } from './words.js';

const SETTLE_MS = 2000;         // how often cards may change places because a figure changed

/** Every host the hub told of: id -> {info, metrics, recent, past, card}. */
export const hosts = new Map();
/** What the viewer asked for. */
export const view = { search: '', sort: 'name', show: 'all' };

function wanted({ info, metrics }) {
  if (view.show === 'online' && !info.online) return false;
  if (view.show === 'offline' && info.online) return false;
  const text = [
    info.name, info.id, info.group, info.location, info.country_code,
    metrics?.hostname, metrics?.os?.name, metrics?.cpu?.brand,
  ];
  return text.join(' ').toLowerCase().includes(view.search);
}

function sortKey(host) {
  if (!host.info.online) return -2;
  const { cpu, memory, disk, rx, tx, uptime } = figures(host.metrics ?? {});
  const keys = { cpu, memory, disk, network: (rx ?? 0) + (tx ?? 0), uptime };
  return keys[view.sort] ?? -1;
}

const collator = new Intl.Collator(language, { numeric: true, sensitivity: 'base' });

/** Those that want attention first. */
function compare(a, b) {
  const loud = isLoud(b.info.id) - isLoud(a.info.id);
  if (loud) return loud;
  const by = view.sort === 'name' ? 0 : sortKey(b) - sortKey(a);
  return by || collator.compare(a.info.name || a.info.id, b.info.name || b.info.id);
}

let arrangeAt = 0;

/** Puts every card where it belongs; moves only those that stand wrong. */
export function arrange() {
  arrangeAt = Date.now();
  const groups = new Map();
  for (const host of [...hosts.values()].filter(wanted).sort(compare)) {
    const name = host.info.group ?? '';
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(host);
  }
  const order = (a, b) => (a === '') - (b === '') || collator.compare(a, b);
  const names = [...groups.keys()].sort(order);
  const main = $('groups');
  const sections = new Map([...main.children].map((section) => [section.dataset.group, section]));
  names.forEach((name, at) => {
    const section = sections.get(name) ?? newGroup(name);
    sections.delete(name);
    if (main.children[at] !== section) main.insertBefore(section, main.children[at] ?? null);
    const members = groups.get(name);
    const [title, cards] = section.children;
    title.hidden = names.length === 1 && name === '';
    put(title.firstChild, name || say('Other'));
    const online = members.filter((host) => host.info.online).length;
    put(title.lastChild, say('{n} of {all}', { n: online, all: members.length }));
    place(cards, members.map((host) => host.card.node));
  });
  for (const section of sections.values()) section.remove();
  summarize();
}

function newGroup(name) {
  const title = element('h2', '', element('span'), element('small'));
  const section = element('section', 'group', title, element('div', 'cards'));
  section.dataset.group = name;
  return section;
}

function place(parent, nodes) {
  const keep = new Set(nodes);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  nodes.forEach((node, at) => {
    if (parent.children[at] !== node) parent.insertBefore(node, parent.children[at] ?? null);
  });
}

const NO_MATCH = say('No host matches.');
const NO_HOST = say(
  'No host has reported yet. Point an agent at this hub, and it appears here.',
);

export function summarize() {
  const all = [...hosts.values()];
  const off = all.filter((host) => !host.info.online).length;
  const parts = [element('b', '', `${all.length - off}`), ` ${say('online')}`];
  if (off > 0) parts.push(' · ', element('span', 'off', say('{n} offline', { n: off })));
  $('summary').replaceChildren(...(all.length > 0 ? parts : []));
  const shown = $('groups').querySelector('.card');
  const empty = link.live && !shown;
  $('empty').hidden = !empty;
  if (empty) put($('empty'), all.length > 0 ? NO_MATCH : NO_HOST);
}

const dirty = new Set();
let reorder = false;

/** Draws a host with the next frame, however many messages came; `moved`: it may stand wrong. */
export function redraw(host, moved = false) {
  if (dirty.size === 0 && !reorder) schedule();
  dirty.add(host);
  reorder ||= moved;
}

/** A page in the background draws nothing, and all at once when it is looked at again. */
function schedule() {
  requestAnimationFrame(() => {
    for (const host of dirty) if (hosts.has(host.info.id)) drawCard(host);
    const open = hosts.get(detail.id);
    if (dirty.has(open)) drawDetail(open);
    dirty.clear();
    const settle = view.sort !== 'name' && Date.now() - arrangeAt > SETTLE_MS;
    if (reorder || settle) arrange();
    reorder = false;
  });
}
