// What a host says of itself now, under its charts: cores, storage, disks, interfaces and facts.

import { element, fact, setFact } from './element.js';
import { putName } from './middle.js';
import {
  bytes, celsius, clock, count, decibel, duration, exact, level, milliseconds, osName, percent,
  rate,
} from './units.js';
import { many, say, tag } from './words.js';

const SENSORS_MAX = 8;

const day = new Intl.DateTimeFormat(tag, { month: 'short', day: 'numeric' });

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
    const core = cpu.core_numbers?.[place] ?? place;
    bar.title = say('core {core}: {share}', { core, share: percent(usage) });
    bar.setAttribute('role', 'img');
    bar.setAttribute('aria-label', bar.title);
    return bar;
  });
  return block(say('{n} cores', { n: cores.length }), element('div', 'cores', ...bars));
}

function row(key, small, usage, text) {
  const fill = element('i');
  fill.style.transform = `translateX(${(usage ?? 0) - 100}%)`;
  fill.dataset.level = level(usage, 75, 90);
  const whole = element('span');
  putName(whole, key);
  const name = element('span', 'key', whole, ' ', element('small', '', small));
  name.title = `${key} ${small}`.trim();
  const bar = element('div', 'bar', fill);
  if (usage === undefined) bar.style.visibility = 'hidden';
  return element('div', 'row', name, bar, element('span', 'value', text));
}

const rowsBlock = (title, rows) => (
  rows.length > 0 ? block(title, element('div', 'rows', ...rows)) : null
);

const of = (used, total) => say('{used} of {total}', { used, total });
const part = (used, total) => of(bytes(used), bytes(total));
const list = (...parts) => parts.filter(Boolean).join(', ');

function memoryRows({ used, total, usage_percent, swap_used: swapped, swap_total: swap }) {
  const rows = [];
  if (Number.isFinite(total)) rows.push(row(say('Memory'), '', usage_percent, part(used, total)));
  if (swap > 0) rows.push(row(say('Swap'), '', (swapped / swap) * 100, part(swapped, swap)));
  return rows;
}

function errorText({ errors, last_error: last }) {
  const when = last && say('last {time}', { time: clock(last * 1000) });
  return list(many(errors, '{n} error', '{n} errors'), when);
}

function mountRow(mount) {
  const { inodes_used: used, inodes_total: all } = mount;
  const small = list(
    // The space of a view is another mount's, and in no sum.
    mount.fstype, mount.view && say('view'), mount.read_only && say('read-only'),
    mount.stuck && say('does not answer'), mount.errors > 0 && errorText(mount),
    all > 0 && say('{share} of inodes', { share: percent((used / all) * 100) }),
  );
  const text = Number.isFinite(mount.total) ? part(mount.used, mount.total) : '–';
  return row(mount.mount_point, small, mount.usage_percent, text);
}

function mountBlock({ filesystems = [], memory = {} }) {
  return rowsBlock(
    say('Memory and storage'), [...memoryRows(memory), ...filesystems.map(mountRow)],
  );
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

const customBlock = ({ custom = [] }) => rowsBlock(say('Custom'), custom.map(customRow));

const reads = ({ read_speed: read, write_speed: write }) => (
  say('read {read}   written {written}', { read: rate(read), written: rate(write) })
);

const spares = [, '', say('spare blocks low'), say('no spare blocks left')];

/** What a disk says of its own health, where it is asked. */
function healthTexts(disk) {
  const some = (n, one, other) => n > 0 && many(n, one, other, { n: count(n) });
  return [
    disk.health_failed && say('NOT WELL'), disk.health_failed === false && say('healthy'),
    disk.standby && say('in standby'),
    some(disk.reallocated_sectors, '{n} sector reallocated', '{n} sectors reallocated'),
    some(disk.pending_sectors, '{n} sector pending', '{n} sectors pending'),
    some(disk.media_errors, '{n} media error', '{n} media errors'),
    some(disk.power_on_hours, '{n} hour', '{n} hours'),
  ];
}

function flashRow({ device, bad_blocks: bad, spare_blocks: spare, erase_count: erased }) {
  const small = list(
    Number.isFinite(spare)
      && many(spare, '{n} spare block', '{n} spare blocks', { n: count(spare) }),
    Number.isFinite(erased) && say('erased {n} times', { n: count(erased) }),
  );
  const text = many(bad, '{n} bad block', '{n} bad blocks', { n: count(bad) });
  return row(device, small, undefined, text);
}

/** Each disk: how busy it is, what it reads and writes, how worn it is; and raw flash. */
function diskBlock({ disks = [], flash = [] }) {
  const known = disks.filter((disk) => Number.isFinite(disk.read_speed));
  const rows = known.map((disk) => {
    const { wear_percent: wear, busy_percent: load, written_per_day: daily } = disk;
    const worn = Number.isFinite(wear) && say('{share} worn', { share: percent(wear) });
    const busy = Number.isFinite(load) && say('{share} busy', { share: percent(load) });
    const written = daily > 0 && say('{size} written a day', { size: bytes(daily) });
    const health = healthTexts(disk);
    const small = list(disk.model, busy, ...health, worn, spares[disk.pre_eol], written);
    return row(disk.name, small, disk.busy_percent, reads(disk));
  });
  return rowsBlock(say('Disks'), [...rows, ...flash.map(flashRow)]);
}

function interfaceBlock({ network = {}, wireless = [] }) {
  const up = (network.interfaces ?? []).filter((each) => each.state !== 'down');
  return rowsBlock(say('Network'), up.map((each) => {
    const radio = wireless.find((one) => one.interface === each.name);
    const small = list(
      each.name === network.wan && say('uplink'), each.speed && `${each.speed} Mbit/s`,
      radio && `Wi-Fi ${decibel(radio.signal_dbm)}`,
    );
    const text = `↓ ${rate(each.rx_speed)}   ↑ ${rate(each.tx_speed)}`;
    return row(each.name, small, undefined, text);
  }));
}

/** The queues before interfaces that dropped something, or had to let it wait. */
function queueBlock({ qdiscs = [] }) {
  const busy = qdiscs.filter((each) => each.dropped + each.overlimits + each.backlog > 0);
  return rowsBlock(say('Queues'), busy.map(({ interface: name, kind, ...each }) => {
    const { overlimits: held, backlog } = each;
    const small = list(kind, held > 0 && say('held back {n} times', { n: count(held) }));
    const waiting = backlog > 0 && say('{size} waiting', { size: bytes(backlog) });
    const dropped = say('{n} dropped', { n: count(each.dropped) });
    return row(name, small, undefined, list(dropped, waiting));
  }));
}

/** Peers of WireGuard: one that is there has a handshake every few minutes. */
function peerBlock({ wireguard = [] }) {
  return rowsBlock('WireGuard', wireguard.map((each) => {
    const small = `↓ ${bytes(each.rx_bytes)} ↑ ${bytes(each.tx_bytes)}`;
    const age = each.handshake_age;
    const text = Number.isFinite(age)
      ? say('handshake {time} ago', { time: duration(age) }) : say('no handshake');
    return row(each.name, small, undefined, text);
  }));
}

/** Wi-Fi interfaces, how many are on them, and how well these are heard. */
function stationBlock({ stations = [] }) {
  return rowsBlock(say('Wi-Fi stations'), stations.map((each) => {
    const { weakest_dbm: weakest, strongest_dbm: strongest } = each;
    const one = weakest === strongest;
    const ends = { from: decibel(weakest), to: decibel(strongest) };
    const heard = one ? ends.from : say('{from} to {to}', ends);
    return row(each.interface, Number.isFinite(weakest) ? heard : '', undefined, count(each.count));
  }));
}

/** Each container: whose it is, what it uses of the host, and what passes its interfaces. */
function containerBlock({ containers = [] }) {
  return rowsBlock(say('Containers'), containers.map((each) => {
    const { memory_used: used, memory_limit: limit, rx_speed: rx, tx_speed: tx } = each;
    const small = list(
      each.engine, each.frozen && say('frozen'),
      Number.isFinite(rx) && `↓ ${rate(rx)} ↑ ${rate(tx)}`,
    );
    const memory = Number.isFinite(used) && (limit > 0 ? part(used, limit) : bytes(used));
    const busy = Number.isFinite(each.cpu_percent) && `${percent(each.cpu_percent)} CPU`;
    return row(each.name, small, each.memory_percent, list(busy, memory));
  }));
}

/** The processes that take most, the busiest first. */
function processBlock({ top = [] }) {
  return rowsBlock(say('Processes that take most'), top.map((each) => {
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
  const rows = names.map((name) => row(name, '', undefined, say('failed')));
  if (names.length && more > 0) rows.push(row(say('and others'), '', undefined, count(more)));
  return rowsBlock(say('Failed units'), rows);
}

/** Each place that is probed: how far it is now, and what was lost of the last attempts. */
function probeBlock({ probes = [] }) {
  return rowsBlock(say('Latency'), probes.map((probe) => {
    const { latency, latency_min: least, latency_mean: mean, jitter, loss_percent: loss } = probe;
    const { certificate_days: days } = probe;
    const known = (value, text) => Number.isFinite(value) && text(milliseconds(value));
    const small = list(
      probe.kind, known(mean, (time) => say('mean {time}', { time })),
      known(least, (time) => say('min {time}', { time })),
      known(jitter, (time) => say('jitter {time}', { time })),
      loss > 0 && say('{share} lost', { share: percent(loss) }),
      Number.isFinite(days) && many(days, 'certificate for {n} day', 'certificate for {n} days'),
      probe.fault,
    );
    const now = Number.isFinite(latency) ? milliseconds(latency) : say('lost');
    return row(probe.name, small, loss, now);
  }));
}

const words = (...parts) => parts.filter(Boolean).join(' ');

/** What a host tells of these: none but what runs is certain. */
function taskText({ total, threads, running, blocked, zombies }) {
  return list(
    total, threads && many(threads, '{n} thread', '{n} threads'),
    say('{n} running', { n: running }), blocked > 0 && say('{n} blocked', { n: blocked }),
    zombies > 0 && many(zombies, '{n} zombie', '{n} zombies'),
  );
}

function pressureText(pressure) {
  const known = [['CPU', pressure.cpu], [say('memory'), pressure.memory], ['I/O', pressure.io]];
  return list(...known.map(([name, each]) => each && `${name} ${percent(each.some_avg10)}`));
}

function radioText({ interface: name, signal_dbm: signal, link }) {
  const quality = Number.isFinite(link) && say('quality {link}', { link });
  return list(`${name} ${decibel(signal)}`, quality);
}

/** What of a billing period is used up, and since when. */
function periodText({ rx, tx, quota, period_start: start }) {
  const used = quota > 0 ? part(rx + tx, quota) : bytes(rx + tx);
  const since = say('since {day}', { day: day.format(start * 1000) });
  return list(used, `↓ ${bytes(rx)}`, `↑ ${bytes(tx)}`, since);
}

function trackedText({ used, max }) {
  return max > 0 ? of(count(used), count(max)) : count(used);
}

function softnetText({ drops, time_squeezes: squeezes }) {
  const later = say('{n} times left for later', { n: count(squeezes) });
  return list(say('{n} dropped', { n: count(drops) }), later);
}

/** How systemd is, and what of it is not well. */
function unitText({ failed, loaded, state }) {
  const all = loaded && many(loaded, '{n} unit', '{n} units', { n: count(loaded) });
  return list(state, failed > 0 && say('{n} failed', { n: failed }), all);
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
    [say('Host'), metrics.hostname],
    [say('Id'), info.id],
    [say('Last heard of'), info.last_seen && clock(info.last_seen)],
    [say('System'), words(os.name && osName(os.name), os.version)],
    [say('Kernel'), words(os.kernel, os.arch)],
    [say('Processor'), words(cpu.brand, cpu.cores && `× ${cpu.cores}`)],
    [say('Clock'), cpu.frequency && `${cpu.frequency} MHz`],
    [say('Uptime'), Number.isFinite(metrics.uptime) && duration(metrics.uptime)],
    [say('Power'), power && powerText(power), power && powerLevel(power)],
    [say('Load'), load && [load.one, load.five, load.fifteen].map((n) => n.toFixed(2)).join('  ')],
    [say('Pressure, last 10 s'), pressure && pressureText(pressure)],
    [say('Processes'), processes && taskText(processes)],
    ['systemd', units && unitText(units), level(units?.failed, 1, Infinity)],
    [say('Received'), Number.isFinite(network.total_rx) && bytes(network.total_rx)],
    [say('Sent'), Number.isFinite(network.total_tx) && bytes(network.total_tx)],
    [say('This period'), traffic && periodText(traffic), level(traffic?.quota_percent, 75, 90)],
    [say('Sockets'), sockets && `${sockets.tcp} TCP, ${sockets.udp} UDP`],
    [say('Tracked connections'), conntrack && trackedText(conntrack)],
    [say('Packets on their way in'), softnet && softnetText(softnet)],
    [say('DHCP leases'), leases && leaseText(leases)],
    ...(metrics.wireless ?? []).slice(0, 4).map((each) => ['Wi-Fi', radioText(each)]),
    [say('Battery'), battery && batteryText(battery)],
    ...temperatures(metrics),
    ...(metrics.fans ?? []).slice(0, 4).map((fan) => [fan.label, `${fan.rpm} rpm`]),
    [say('Agent'), agent && agentText(agent), level(Number(agent?.over_budget), 1, Infinity)],
  ];
}

function batteryText({ percent: charge, charging }) {
  return list(`${charge.toFixed(0)}%`, charging && say('charging'));
}

/** What it takes, and what it reads less often to take no more than its owner gives it. */
function agentText({ version, rss, slowed, over_budget: over }) {
  const memory = rss && bytes(rss);
  const less = slowed && say('{n} slowed', { n: slowed });
  return list(version, memory, less, over && say('over its budget'));
}

/** The first sensors; one that is too hot is never left out. */
function temperatures({ temperatures: sensors = [] }) {
  const facts = sensors.map(temperature);
  return facts.filter(([, , mark], at) => at < SENSORS_MAX || mark !== 'good');
}

/** A sensor is judged by its chip's own limit, where it has one, as the agent's rule does. */
function temperature({ label, celsius: now, critical = 90 }) {
  return [label, celsius(now), level(now, critical - 15, critical - 5)];
}

// Flags of a Raspberry Pi's power: what each is called now, once and many times.
const powerFlags = [
  ['undervoltage', say('undervoltage'), '{n} undervoltage', '{n} undervoltages'],
  ['throttled', say('throttled'), '{n} throttling', '{n} throttlings'],
  ['frequency_capped', say('clock capped'), '{n} cap of the clock', '{n} caps of the clock'],
  ['soft_limit', say('soft temperature limit'), '{n} soft limit', '{n} soft limits'],
];

/** How often one was so, for how long, and when last. */
function powerEntry(power, [flag, , one, other]) {
  const { [`${flag}_count`]: times, [`${flag}_seconds`]: long, [`${flag}_last`]: last } = power;
  if (!(times > 0)) return null;
  const when = last && say('last {time}', { time: clock(last * 1000) });
  const more = list(long > 0 && duration(long), when);
  return `${many(times, one, other)}${more ? ` (${more})` : ''}`;
}

/** What is wrong with the power now, and how often it was: a weak supply may be good just now. */
export function powerText(power) {
  const now = list(...powerFlags.map(([flag, name]) => power[flag] && name));
  const were = list(...powerFlags.map((flag) => powerEntry(power, flag)));
  const state = now || say('good');
  return were ? say('{state} now; {were} since the agent started', { state, were }) : state;
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
  return block(say('Facts'), element('div', 'facts', ...facts));
}
