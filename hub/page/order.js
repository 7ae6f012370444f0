// Which hosts are shown, and in which order: those that want attention first.

import { isLoud } from './attention.js';
import { figures } from './figures.js';
import { view } from './view.js';
import { language } from './words.js';

const collator = new Intl.Collator(language, { numeric: true, sensitivity: 'base' });

/** Compares names as people do. */
export const byName = (a, b) => collator.compare(a, b);

const nameOf = ({ info }) => info.name || info.id;

function wanted({ info, metrics }) {
  if (view.show === 'online' && !info.online) return false;
  if (view.show === 'offline' && info.online) return false;
  const search = view.search.trim().toLowerCase();
  if (!search) return true;
  const text = [
    info.name, info.id, info.group, info.location, info.country_code,
    metrics?.hostname, metrics?.os?.name, metrics?.cpu?.brand,
  ];
  return text.join(' ').toLowerCase().includes(search);
}

/** What can be sorted by, where it is a number. */
const keys = {
  cpu: ({ cpu }) => cpu, memory: ({ memory }) => memory, disk: ({ disk }) => disk,
  network: ({ rx, tx }) => (rx ?? 0) + (tx ?? 0), load: ({ load }) => load,
  temp: ({ temp }) => temp, uptime: ({ uptime }) => uptime,
};

/** Whether the order is one of figures, which move. */
export const isMoving = () => view.sort in keys;

/** `up` or `down`: what is chosen, or what suits: names from A on, the fullest first. */
export const direction = () => view.order || (isMoving() ? 'down' : 'up');

function keyOf(host) {
  const read = keys[view.sort];
  if (!read || !host.info.online) return undefined;
  const value = read(figures(host.metrics ?? {}));
  return Number.isFinite(value) ? value : undefined;
}

/** What has no figure stands last, whichever way round. */
function byKey(a, b, sign) {
  if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
  return sign * (a - b);
}

function compare(a, b, sign) {
  const loud = b.loud - a.loud;
  if (loud) return loud;
  if (view.sort === 'name') return sign * byName(a.name, b.name);
  const by = view.sort === 'group' ? sign * byName(a.group, b.group) : byKey(a.key, b.key, sign);
  return by || byName(a.name, b.name);
}

let places = new Map();

/** The hosts to show; `still`: each where it was, those that are new last. */
export function ordered(hosts, still) {
  const shown = [...hosts].filter(wanted);
  const place = (host) => places.get(host.info.id) ?? shown.length + places.size;
  const sign = direction() === 'up' ? 1 : -1;
  const rows = shown.map((host) => ({
    host, loud: isLoud(host.info.id), key: keyOf(host), name: nameOf(host),
    group: host.info.group ?? '',
  }));
  if (still) rows.sort((a, b) => place(a.host) - place(b.host));
  else rows.sort((a, b) => compare(a, b, sign));
  places = new Map(rows.map(({ host }, at) => [host.info.id, at]));
  return rows.map(({ host }) => host);
}
