// What a host says of itself now, under its charts: cores, storage, disks, interfaces and facts.

import { element, fact, setFact } from './element.js';
import {
  bytes, celsius, clock, count, decibel, duration, exact, level, milliseconds, osName, percent,
  rate,
} from './units.js';

export function blocks(host) {
  const { metrics } = host;
  const all = [
    coreBlock(metrics), mountBlock(metrics), diskBlock(metrics), interfaceBlock(metrics),
    queueBlock(metrics), peerBlock(metrics), stationBlock(metrics), containerBlock(metrics),
    processBlock(metrics), unitBlock(metrics), customBlock(metrics), probeBlock(metrics),
    factBlock(host),
  ];
  return all.filter(Boolean);
}

function block(title, ...children) {
  return element('section', 'block', element('h3', '', title), ...children);
}

function coreBlock({ cpu }) {
  const cores = cpu?.per_core ?? [];
  if (cores.length < 2) return null;
  const bars = cores.map((usage, place) => {
    const bar = element('i');
    bar.style.setProperty('--fill', `${Math.max(3, usage)}%`);
    bar.title = `core ${cpu.core_numbers?.[place] ?? place}: ${percent(usage)}`;
    return bar;
  });
  return block(`${cores.length} cores`, element('div', 'cores', ...bars));
}

function row(key, small, usage, text) {
  const fill = element('i');
  fill.style.transform = `translateX(${(usage ?? 0) - 100}%)`;
  fill.dataset.level = level(usage, 75, 90);
  const name = element('span', 'key', key, ' ', element('small', '', small));
  name.title = `${key} ${small}`.trim();
  const bar = element('div', 'bar', fill);
  if (usage === undefined) bar.style.visibility = 'hidden';
  return element('div', 'row', name, bar, element('span', 'value', text));
}

const rowsBlock = (title, rows) => (
  rows.length > 0 ? block(title, element('div', 'rows', ...rows)) : null
);

const part = (used, total) => `${bytes(used)} of ${bytes(total)}`;
const list = (...parts) => parts.filter(Boolean).join(', ');

function memoryRows({ used, total, usage_percent, swap_used: swapped, swap_total: swap }) {
  const rows = [];
  if (Number.isFinite(total)) rows.push(row('Memory', '', usage_percent, part(used, total)));
  if (swap > 0) rows.push(row('Swap', '', (swapped / swap) * 100, part(swapped, swap)));
  return rows;
}

function errorText({ errors, last_error: last }) {
  const when = last && `, last ${clock(last * 1000)}`;
  return `${errors} ${errors === 1 ? 'error' : 'errors'}${when ?? ''}`;
}

function mountRow(mount) {
  const { inodes_used: used, inodes_total: all } = mount;
  const small = list(
    // The space of a view is another mount's, and in no sum.
    mount.fstype, mount.view && 'view', mount.read_only && 'read-only',
    mount.stuck && 'does not answer', mount.errors > 0 && errorText(mount),
    all > 0 && `${percent((used / all) * 100)} of inodes`,
  );
  const text = Number.isFinite(mount.total) ? part(mount.used, mount.total) : '–';
  return row(mount.mount_point, small, mount.usage_percent, text);
}

function mountBlock({ filesystems = [], memory = {} }) {
  return rowsBlock('Memory and storage', [...memoryRows(memory), ...filesystems.map(mountRow)]);
}

const units = [
  ['_bytes', bytes], ['_seconds', duration], ['_celsius', celsius], ['_percent', percent],
  ['_ratio', (value) => percent(value * 100)],
];

/** A figure of the owner's own, in the unit that its name ends with. */
function customRow({ series, value }) {
  const [name, labels = ''] = series.split(/(?=\{)/, 2);
  const unit = units.find(([ending]) => name.endsWith(ending))?.[1] ?? exact;
  return row(name, labels.slice(1, -1), undefined, unit(value));
}

const customBlock = ({ custom = [] }) => rowsBlock('Custom', custom.map(customRow));

const reads = ({ read_speed: read, write_speed: write }) => (
  `read ${rate(read)}   written ${rate(write)}`
);

const spares = [, '', 'spare blocks low', 'no spare blocks left'];

/** What a disk says of its own health, where it is asked. */
function healthTexts(disk) {
  const some = (number, what) => number > 0 && `${count(number)} ${what}`;
  return [
    disk.health_failed && 'NOT WELL', disk.health_failed === false && 'healthy',
    disk.standby && 'in standby', some(disk.reallocated_sectors, 'sectors reallocated'),
    some(disk.pending_sectors, 'sectors pending'), some(disk.media_errors, 'media errors'),
    some(disk.power_on_hours, 'hours'),
  ];
}

function flashRow({ device, bad_blocks: bad, spare_blocks: spare, erase_count: erased }) {
  const small = list(
    Number.isFinite(spare) && `${count(spare)} spare blocks`,
    Number.isFinite(erased) && `erased ${count(erased)} times`,
  );
  return row(device, small, undefined, `${count(bad)} bad blocks`);
}

/** Each disk: how busy it is, what it reads and writes, how worn it is; and raw flash. */
function diskBlock({ disks = [], flash = [] }) {
  const known = disks.filter((disk) => Number.isFinite(disk.read_speed));
  const rows = known.map((disk) => {
    const worn = Number.isFinite(disk.wear_percent) && `${percent(disk.wear_percent)} worn`;
    const busy = Number.isFinite(disk.busy_percent) && `${percent(disk.busy_percent)} busy`;
    const written = disk.written_per_day > 0 && `${bytes(disk.written_per_day)} written a day`;
    const health = healthTexts(disk);
    const small = list(disk.model, busy, ...health, worn, spares[disk.pre_eol], written);
    return row(disk.name, small, disk.busy_percent, reads(disk));
  });
  return rowsBlock('Disks', [...rows, ...flash.map(flashRow)]);
}

function interfaceBlock({ network = {}, wireless = [] }) {
  const up = (network.interfaces ?? []).filter((each) => each.state !== 'down');
  return rowsBlock('Network', up.map((each) => {
    const radio = wireless.find((one) => one.interface === each.name);
    const small = list(
      each.name === network.wan && 'uplink', each.speed && `${each.speed} Mbit/s`,
      radio && `Wi-Fi ${decibel(radio.signal_dbm)}`,
    );
    const text = `↓ ${rate(each.rx_speed)}   ↑ ${rate(each.tx_speed)}`;
    return row(each.name, small, undefined, text);
  }));
}

/** The queues before interfaces that dropped something, or had to let it wait. */
function queueBlock({ qdiscs = [] }) {
  const busy = qdiscs.filter((each) => each.dropped + each.overlimits + each.backlog > 0);
  return rowsBlock('Queues', busy.map(({ interface: name, kind, ...each }) => {
    const small = list(kind, each.overlimits > 0 && `held back ${count(each.overlimits)} times`);
    const waiting = each.backlog > 0 && `${bytes(each.backlog)} waiting`;
    return row(name, small, undefined, list(`${count(each.dropped)} dropped`, waiting));
  }));
}

/** Peers of WireGuard: one that is there has a handshake every few minutes. */
function peerBlock({ wireguard = [] }) {
  return rowsBlock('WireGuard', wireguard.map((each) => {
    const small = `↓ ${bytes(each.rx_bytes)} ↑ ${bytes(each.tx_bytes)}`;
    const age = each.handshake_age;
    const text = Number.isFinite(age) ? `handshake ${duration(age)} ago` : 'no handshake';
    return row(each.name, small, undefined, text);
  }));
}

/** Wi-Fi interfaces, how many are on them, and how well these are heard. */
function stationBlock({ stations = [] }) {
  return rowsBlock('Wi-Fi stations', stations.map((each) => {
    const { weakest_dbm: weakest, strongest_dbm: strongest } = each;
    const one = weakest === strongest;
    const heard = one ? decibel(weakest) : `${decibel(weakest)} to ${decibel(strongest)}`;
    return row(each.interface, Number.isFinite(weakest) ? heard : '', undefined, count(each.count));
  }));
}

/** Each container: whose it is, what it uses of the host, and what passes its interfaces. */
function containerBlock({ containers = [] }) {
  return rowsBlock('Containers', containers.map((each) => {
    const { memory_used: used, memory_limit: limit, rx_speed: rx, tx_speed: tx } = each;
    const small = list(
      each.engine, each.frozen && 'frozen',
      Number.isFinite(rx) && `↓ ${rate(rx)} ↑ ${rate(tx)}`,
    );
    const memory = Number.isFinite(used) && (limit > 0 ? part(used, limit) : bytes(used));
    const busy = Number.isFinite(each.cpu_percent) && `${percent(each.cpu_percent)} CPU`;
    return row(each.name, small, each.memory_percent, list(busy, memory));
  }));
}

/** The processes that take most, the busiest first. */
function processBlock({ top = [] }) {
  return rowsBlock('Processes that take most', top.map((each) => {
    const { pid, cpu_percent: busy, memory_used: memory } = each;
    const text = list(
      Number.isFinite(busy) && `${percent(busy)} CPU`, memory > 0 && bytes(memory),
    );
    return row(each.name, `${pid}`, busy, text);
  }));
}

/** What of systemd has failed; a stranger is told only how many. */
function unitBlock({ units = {} }) {
  const { failed, failed_names: names = [] } = units;
  const more = failed - names.length;
  const rows = names.map((name) => row(name, '', undefined, 'failed'));
  if (names.length && more > 0) rows.push(row('and others', '', undefined, count(more)));
  return rowsBlock('Failed units', rows);
}

/** Each place that is probed: how far it is now, and what was lost of the last attempts. */
function probeBlock({ probes = [] }) {
  return rowsBlock('Latency', probes.map((probe) => {
    const { latency, latency_min: least, latency_mean: mean, jitter, loss_percent: loss } = probe;
    const { certificate_days: days } = probe;
    const known = (value, text) => Number.isFinite(value) && text(milliseconds(value));
    const small = list(
      probe.kind, known(mean, (text) => `mean ${text}`), known(least, (text) => `min ${text}`),
      known(jitter, (text) => `jitter ${text}`), loss > 0 && `${percent(loss)} lost`,
      Number.isFinite(days) && `certificate for ${days} days`, probe.fault,
    );
    return row(probe.name, small, loss, Number.isFinite(latency) ? milliseconds(latency) : 'lost');
  }));
}

const words = (...parts) => parts.filter(Boolean).join(' ');

/** What a host tells of these: none but what runs is certain. */
function taskText({ total, threads, running, blocked, zombies }) {
  return list(
    total, threads && `${threads} threads`, `${running} running`,
    blocked > 0 && `${blocked} blocked`, zombies > 0 && `${zombies} zombies`,
  );
}

function pressureText(pressure) {
  const known = [['CPU', pressure.cpu], ['memory', pressure.memory], ['I/O', pressure.io]];
  return list(...known.map(([name, each]) => each && `${name} ${percent(each.some_avg10)}`));
}

function radioText({ interface: name, signal_dbm: signal, link }) {
  return list(`${name} ${decibel(signal)}`, Number.isFinite(link) && `quality ${link}`);
}

/** What of a billing period is used up, and since when. */
function periodText({ rx, tx, quota, period_start: start }) {
  const used = quota > 0 ? `${bytes(rx + tx)} of ${bytes(quota)}` : bytes(rx + tx);
  const since = new Date(start * 1000).toLocaleDateString(undefined, {
    month: 'short', day: 'numeric',
  });
  return list(used, `↓ ${bytes(rx)}`, `↑ ${bytes(tx)}`, `since ${since}`);
}

function trackedText({ used, max }) {
  return max > 0 ? `${count(used)} of ${count(max)}` : count(used);
}

function softnetText({ drops, time_squeezes: squeezes }) {
  return `${count(drops)} dropped, ${count(squeezes)} times left for later`;
}

/** How systemd is, and what of it is not well. */
function unitText({ failed, loaded, state }) {
  return list(state, failed > 0 && `${failed} failed`, loaded && `${count(loaded)} units`);
}

function leaseText({ ipv4, ipv6 }) {
  return list(`${count(ipv4)} IPv4`, Number.isFinite(ipv6) && `${count(ipv6)} IPv6`);
}

/** Pairs of a label and its text, and how much attention it wants; an unknown fact has no text. */
function factList({ info, metrics }) {
  const { os = {}, cpu = {}, network = {}, load_average: load } = metrics;
  const { processes, sockets, power, battery, agent, conntrack, pressure, traffic } = metrics;
  const { softnet, leases, units } = metrics;
  return [
    ['Host', metrics.hostname],
    ['Id', info.id],
    ['Last heard of', info.last_seen && clock(info.last_seen)],
    ['System', words(os.name && osName(os.name), os.version)],
    ['Kernel', words(os.kernel, os.arch)],
    ['Processor', words(cpu.brand, cpu.cores && `× ${cpu.cores}`)],
    ['Clock', cpu.frequency && `${cpu.frequency} MHz`],
    ['Uptime', Number.isFinite(metrics.uptime) && duration(metrics.uptime)],
    ['Power', power && powerText(power), power && powerLevel(power)],
    ['Load', load && [load.one, load.five, load.fifteen].map((n) => n.toFixed(2)).join('  ')],
    ['Pressure, last 10 s', pressure && pressureText(pressure)],
    ['Processes', processes && taskText(processes)],
    ['systemd', units && unitText(units), level(units?.failed, 1, Infinity)],
    ['Received', Number.isFinite(network.total_rx) && bytes(network.total_rx)],
    ['Sent', Number.isFinite(network.total_tx) && bytes(network.total_tx)],
    ['This period', traffic && periodText(traffic), level(traffic?.quota_percent, 75, 90)],
    ['Sockets', sockets && `${sockets.tcp} TCP, ${sockets.udp} UDP`],
    ['Tracked connections', conntrack && trackedText(conntrack)],
    ['Packets on their way in', softnet && softnetText(softnet)],
    ['DHCP leases', leases && leaseText(leases)],
    ...(metrics.wireless ?? []).slice(0, 4).map((each) => ['Wi-Fi', radioText(each)]),
    ['Battery', battery && `${battery.percent.toFixed(0)}%${battery.charging ? ', charging' : ''}`],
    ...(metrics.temperatures ?? []).slice(0, 8).map(temperature),
    ...(metrics.fans ?? []).slice(0, 4).map((fan) => [fan.label, `${fan.rpm} rpm`]),
    ['Agent', agent && agentText(agent), level(Number(agent?.over_budget), 1, Infinity)],
  ];
}

/** What it takes, and what it reads less often to take no more than its owner gives it. */
function agentText({ version, rss, slowed, over_budget: over }) {
  const memory = rss && bytes(rss);
  return list(version, memory, slowed && `${slowed} slowed`, over && 'over its budget');
}

/** A sensor is judged by its chip's own limit, where it has one, as the agent's rule does. */
function temperature({ label, celsius: now, critical = 90 }) {
  return [label, celsius(now), level(now, critical - 15, critical - 5)];
}

// Flags of a Raspberry Pi's power: what each is called now, once and many times.
const powerFlags = [
  ['undervoltage', 'undervoltage', 'undervoltage', 'undervoltages'],
  ['throttled', 'throttled', 'throttling', 'throttlings'],
  ['frequency_capped', 'clock capped', 'cap of the clock', 'caps of the clock'],
  ['soft_limit', 'soft temperature limit', 'soft limit', 'soft limits'],
];

/** How often one was so, for how long, and when last. */
function powerEntry(power, [flag, , one, many]) {
  const { [`${flag}_count`]: times, [`${flag}_seconds`]: long, [`${flag}_last`]: last } = power;
  if (!(times > 0)) return null;
  const when = last && `last ${clock(last * 1000)}`;
  const more = list(long > 0 && duration(long), when);
  return `${times} ${times === 1 ? one : many}${more ? ` (${more})` : ''}`;
}

/** What is wrong with the power now, and how often it was: a weak supply may be good just now. */
export function powerText(power) {
  const now = list(...powerFlags.map(([flag, name]) => power[flag] && name));
  const were = list(...powerFlags.map((flag) => powerEntry(power, flag)));
  const state = now || 'good';
  return were ? `${now ? `${state} now` : 'good now'}; ${were} since the agent started` : state;
}

function powerLevel(power) {
  if (power.undervoltage || power.throttled) return 'bad';
  const was = powerFlags.some(([flag]) => power[flag] || power[`${flag}_count`] > 0);
  return was ? 'warn' : 'good';
}

function factBlock(host) {
  const known = factList(host).filter(([, text]) => text);
  const facts = known.map(([label, text, mark]) => {
    const each = fact(label);
    setFact(each, text, mark);
    return each.node;
  });
  return block('Facts', element('div', 'facts', ...facts));
}
