// What each message of the hub does to the hosts.

import { askAlerts } from './alerts.js';
import { newCard } from './card.js';
import { askAgain, detail, openDetail } from './detail.js';
import { $ } from './element.js';
import { link } from './live.js';
import { remember } from './recent.js';
import { arrange, hosts, redraw, summarize } from './screen.js';

let expect = 0;                 // how many hosts the hub announced on connecting
let told = null;                // the ids it told of since; null when it told of all

const handlers = {
  connection({ data }) {
    if (data.status !== 'connected') return;
    expect = data.servers ?? 0;
    told = new Set();
    link.opened();
    summarize();
    if (expect === 0) forgetUntold();
    askAgain();
    askAlerts(0);
  },

  server_added({ data }) {
    const known = hosts.get(data.id);
    if (known) {
      known.info = { ...data };
    } else {
      const host = { info: { ...data }, metrics: undefined, recent: [], past: null };
      newCard(host, openDetail);
      hosts.set(data.id, host);
    }
    redraw(hosts.get(data.id), true);
    if (!told) return;
    told.add(data.id);
    if (told.size >= expect) forgetUntold();
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
    if (!host) return;
    host.metrics = data.metrics;
    // Of a host that is away this is the last that is known, told on connecting: no news of it.
    if (host.info.online) {
      host.info.last_seen = timestamp;
      remember(host.recent, Date.parse(timestamp), data.metrics);
    }
    redraw(host);
  },
};

/** Does what the message says; one of a kind this page does not know does nothing. */
export function handle(message) {
  handlers[message.type]?.(message);
}

/** What the hub no longer knows after it told of everything it knows. */
function forgetUntold() {
  for (const id of hosts.keys()) if (!told.has(id)) forget(id);
  told = null;
  arrange();
}

function forget(id) {
  const host = hosts.get(id);
  if (!host) return;
  hosts.delete(id);
  if (detail.id === id) $('detail').close();
  host.card.node.remove();
  redraw(host, true);
}
