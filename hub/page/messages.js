// What each message of the hub does to the hosts.

import { askAlerts } from './alerts.js';
import { newCard } from './card.js';
import { askAgain, detail, openDetail } from './detail.js';
import { $ } from './element.js';
import { link } from './live.js';
import { remember } from './recent.js';
import { readingOf, setColumns, takeRow } from './rows.js';
import { arrange, hosts, redraw, summarize } from './screen.js';
import { isWhole, watchAgain } from './watch.js';

let told = null;                // the ids the hub told of since it began; null when it told of all
const numbers = new Map();      // by a host's number in rows: the host

const handlers = {
  connection({ data }) {
    if (data.status !== 'connected') return;
    begin();
    link.opened();
    watchAgain();
    summarize();
    askAgain();
    askAlerts(0);
  },

  columns({ data }) { setColumns(data.list); },

  resync: begin,

  synced: forgetUntold,

  server_added({ data }) {
    const known = hosts.get(data.id);
    if (known) {
      known.info = { ...data };
    } else {
      const host = { info: { ...data }, metrics: undefined, recent: [], past: null };
      Object.assign(host, { row: new Map(), whole: false });
      newCard(host, openDetail);
      hosts.set(data.id, host);
    }
    numbers.set(data.number, hosts.get(data.id));
    redraw(hosts.get(data.id), true);
    told?.add(data.id);
  },

  server_removed({ data }) { forget(data.id); },

  alert() { askAlerts(); },

  status({ data }) {
    const host = hosts.get(data.server_id);
    if (!host) return;
    host.info.online = data.online;
    host.info.stopped = data.stopped;
    if (data.last_check) host.info.last_seen = data.last_check;
    redraw(host, true);
  },

  metrics({ data, timestamp }) {
    const host = hosts.get(data.server_id);
    if (host) read(host, data.metrics, timestamp, true);
  },

  rows({ data, timestamp }) {
    for (const row of data.whole ?? []) takeIn(row, true, timestamp);
    for (const row of data.changed ?? []) takeIn(row, false, timestamp);
  },
};

/** Does what the message says; one of a kind this page does not know does nothing. */
export function handle(message) {
  handlers[message.type]?.(message);
}

function takeIn(row, whole, timestamp) {
  const host = numbers.get(row[0]);
  if (!host) return;
  takeRow(host.row, row, whole);
  // Of the host on show the whole reading comes too.
  if (isWhole(host.info.id) && host.whole) return;
  read(host, readingOf(host.row), timestamp, false);
}

function read(host, metrics, timestamp, whole) {
  Object.assign(host, { metrics, whole });
  // Of a host that is away this is the last that is known, told on connecting: no news of it.
  if (host.info.online) {
    host.info.last_seen = timestamp;
    remember(host.recent, Date.parse(timestamp), metrics);
  }
  redraw(host);
}

/** From here on the hub tells of every host that it knows. */
function begin() {
  told = new Set();
  numbers.clear();
}

/** What the hub no longer knows after it told of everything it knows. */
function forgetUntold() {
  if (!told) return;
  for (const id of hosts.keys()) if (!told.has(id)) forget(id);
  told = null;
  arrange();
}

function forget(id) {
  const host = hosts.get(id);
  if (!host) return;
  hosts.delete(id);
  for (const [number, known] of numbers) if (known === host) numbers.delete(number);
  if (detail.id === id) $('detail').close();
  host.card.node.remove();
  redraw(host, true);
}
