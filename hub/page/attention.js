// What wants attention now, the worst first: alerts that are open, and hosts that are away, full,
// stuck, short of voltage or with a disk that fails though no alert says so.

import { alerts } from './alerts.js';
import { say } from './words.js';

const FULL_PERCENT = 95;

/** What nobody said that they know of, by the ids of hosts. */
let loud = new Map();

export const isLoud = (id) => loud.has(id);

/** What of one host wants attention, in words, the worst first. */
export const wishesOf = (id) => loud.get(id) ?? [];

const isQuiet = ({ acknowledged, silenced_until: silent }) => Boolean(acknowledged || silent);

function seen(host) {
  const { info, metrics = {} } = host;
  const item = (rule, level, title, message) => (
    { host: info.id, rule, level, title, message, since: info.last_seen }
  );
  if (!info.online) {
    const offline = [say('Host offline'), say('nothing is heard of it')];
    return info.last_seen ? [item('offline', 'critical', ...offline)] : [];
  }
  const mounts = metrics.filesystems ?? [];
  const full = mounts.filter(({ usage_percent: used }) => used >= FULL_PERCENT);
  const stuck = mounts.filter((mount) => mount.stuck);
  const failed = (metrics.disks ?? []).filter((disk) => disk.health_failed);
  const all = [
    ...failed.map(({ name }) => item('disk_health', 'critical', say('Disk fails'), name)),
    ...full.map(({ mount_point: at }) => item('disk', 'warning', say('Disk almost full'), at)),
    ...stuck.map(({ mount_point: at }) => item('stuck', 'warning', say('Mount stuck'), at)),
  ];
  if (metrics.power?.undervoltage) {
    const why = say('the power supply is too weak');
    all.push(item('undervoltage', 'critical', say('Undervoltage'), why));
  }
  return all;
}

function worst(a, b) {
  const order = (item) => (isQuiet(item) ? 2 : 0) + (item.level === 'critical' ? 0 : 1);
  return order(a) - order(b) || Date.parse(b.since ?? 0) - Date.parse(a.since ?? 0);
}

/** All of it, and how many of it nobody knows of. */
export function attention(hosts) {
  const told = new Set(alerts.open.map(({ host, rule }) => `${host} ${rule}`));
  const more = [...hosts.values()].flatMap(seen)
    .filter(({ host, rule }) => !told.has(`${host} ${rule}`));
  const items = [...alerts.open, ...more].sort(worst);
  const open = items.filter((item) => !isQuiet(item));
  loud = new Map();
  for (const { host, title, message } of open) {
    const words = message && message !== title ? `${title}: ${message}` : title;
    loud.set(host, [...(loud.get(host) ?? []), words]);
  }
  return { items, count: open.length };
}
