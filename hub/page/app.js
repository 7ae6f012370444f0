// The page: every host of the hub, live over /ws. Text from agents only ever becomes textContent.
'use strict';

const STALE_MS = 20_000;        // without a word from the hub for this long, the figures are old
const KEEP_MS = 10 * 60_000;    // how far back the charts reach
const POINTS_MAX = 600;
const RETRY_MS = [1000, 30_000];

const $ = (id) => document.getElementById(id);
const hosts = new Map();        // id -> {info, metrics, history, card}
const view = { search: '', sort: 'name', show: 'all', open: null };

// --- Numbers in words

const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

function bytes(value, digits = 1) {
  if (!Number.isFinite(value)) return '–';
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${value.toFixed(unit === 0 || value >= 99.95 ? 0 : digits)} ${units[unit]}`;
}

const rate = (value) => (Number.isFinite(value) ? `${bytes(value)}/s` : '–');
const percent = (value) => (Number.isFinite(value) ? `${value.toFixed(1)}%` : '–');
const celsius = (value) => (Number.isFinite(value) ? `${Math.round(value)} °C` : '–');

function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  const [d, h, m] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (d > 0) return `${d} d ${h} h`;
  if (h > 0) return `${h} h ${m} min`;
  return m > 0 ? `${m} min` : `${Math.floor(seconds)} s`;
}

function ago(time) {
  const seconds = Math.max(0, (Date.now() - time) / 1000);
  return seconds < 60 ? 'just now' : `${duration(seconds)} ago`;
}

const regional = (code) => String.fromCodePoint(...[...code].map((letter) => 0x1f1a5 + letter.charCodeAt(0)));

/** Whether two letters become one flag here; where they do not, the letters themselves are shown. */
const flagsDrawn = (() => {
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = '20px system-ui, sans-serif';
  return pen.measureText(regional('DE')).width < 1.5 * pen.measureText(regional('D')).width;
})();

function flag(code) {
  if (!/^[A-Za-z]{2}$/.test(code ?? '')) return '';
  return flagsDrawn ? regional(code.toUpperCase()) : code.toUpperCase();
}

// --- What a card shows of a Sample

function rootDisk(metrics) {
  const mounts = metrics.filesystems ?? [];
  return mounts.find((mount) => mount.mount_point === '/') ?? mounts[0] ?? (metrics.disks ?? [])[0];
}

function hottest(metrics) {
  const sensors = metrics.temperatures ?? [];
  const cpu = sensors.filter((sensor) => /cpu|core|package|soc|tctl|k10temp/i.test(sensor.label));
  const from = cpu.length > 0 ? cpu : sensors;
  return from.length > 0 ? Math.max(...from.map((sensor) => sensor.celsius)) : undefined;
}

function figures(metrics) {
  const network = metrics.network ?? {};
  return {
    cpu: metrics.cpu?.usage,
    memory: metrics.memory?.usage_percent,
    disk: rootDisk(metrics)?.usage_percent,
    rx: network.rx_speed ?? network.rx,
    tx: network.tx_speed ?? network.tx,
    load: metrics.load_average?.one,
    temp: hottest(metrics),
    uptime: metrics.uptime,
  };
}

const level = (value, warn, bad) => (value >= bad ? 'bad' : value >= warn ? 'warn' : 'good');

// --- Elements

function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';

function shape(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** Sets text only when it changed: a screen of hundreds of cards stays still. */
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function meter(label) {
  const [fill, value] = [element('i'), element('span', 'value')];
  const node = element('div', 'meter', element('span', 'label', label), element('div', 'bar', fill), value);
  return { node, fill, value };
}

function setMeter({ fill, value }, number) {
  put(value, percent(number));
  fill.style.transform = `translateX(${(Number.isFinite(number) ? number : 0) - 100}%)`;
  fill.dataset.level = level(number, 75, 90);
}

function fact(label, className = '') {
  const value = element('span', 'value');
  return { node: element('div', `fact ${className}`, element('span', 'label', label), value), value };
}

function setFact({ value }, text, mark = 'good') {
  put(value, text);
  value.classList.toggle('warn', mark === 'warn');
  value.classList.toggle('bad', mark === 'bad');
}

function heading() {
  const parts = { flag: element('span', flagsDrawn ? 'flag' : 'flag code'), name: element('div', 'name'), sub: element('div', 'sub'), state: element('span') };
  parts.node = element('div', 'head', parts.flag, parts.name, parts.sub, element('div', 'state', element('i', 'dot'), parts.state));
  return parts;
}

function setHeading(parts, host) {
  const { info, metrics } = host;
  const os = metrics?.os;
  put(parts.flag, flag(info.country_code));
  parts.flag.hidden = !flag(info.country_code);
  parts.flag.title = info.location ?? '';
  put(parts.name, info.name || info.id);
  parts.name.title = info.id;
  const system = os?.name ? `${osName(os.name)} ${os.version ?? ''}`.trim() : '';
  put(parts.sub, [info.location, system, os?.arch].filter(Boolean).join(' · ') || info.id);
  put(parts.state, stateText(host));
  const since = info.last_seen ? new Date(info.last_seen).toLocaleString() : '';
  parts.state.parentNode.title = info.online ? '' : since && `last heard of ${since}`;
}

function osName(id) {
  const names = { openwrt: 'OpenWrt', raspbian: 'Raspberry Pi OS', rhel: 'RHEL', opensuse: 'openSUSE', almalinux: 'AlmaLinux', nixos: 'NixOS' };
  return names[id] ?? id.charAt(0).toUpperCase() + id.slice(1);
}

function stateText({ info, metrics }) {
  if (info.online) return Number.isFinite(metrics?.uptime) ? `up ${duration(metrics.uptime)}` : 'online';
  if (!info.last_seen) return 'never seen';
  return `offline since ${clock(info.last_seen)}`;
}

/** A time of today as a time, an older one with its date. */
function clock(text) {
  const time = new Date(text);
  const today = time.toDateString() === new Date().toDateString();
  const format = today ? { hour: '2-digit', minute: '2-digit' } : { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' };
  return time.toLocaleString(undefined, format);
}

// --- Cards

function newCard(host) {
  const parts = {
    heading: heading(), cpu: meter('CPU'), memory: meter('Memory'), disk: meter('Disk'),
    rx: fact('In', 'rx'), tx: fact('Out', 'tx'), load: fact('Load'), temp: fact('Temp'),
  };
  parts.node = element('button', 'card', parts.heading.node,
    element('div', 'meters', parts.cpu.node, parts.memory.node, parts.disk.node),
    element('div', 'foot', parts.rx.node, parts.tx.node, parts.load.node, parts.temp.node));
  parts.node.type = 'button';
  parts.node.dataset.id = host.info.id;
  parts.node.addEventListener('click', () => openDetail(host.info.id));
  return parts;
}

function drawCard(host) {
  const { card, info, metrics } = host;
  setHeading(card.heading, host);
  card.node.classList.toggle('offline', !info.online);
  card.node.classList.toggle('never', !info.last_seen);
  const now = figures(metrics ?? {});
  setMeter(card.cpu, now.cpu);
  setMeter(card.memory, now.memory);
  setMeter(card.disk, now.disk);
  setFact(card.rx, rate(now.rx));
  setFact(card.tx, rate(now.tx));
  const cores = metrics?.cpu?.cores ?? Infinity;
  setFact(card.load, Number.isFinite(now.load) ? now.load.toFixed(2) : '–', level(now.load / cores, 1, 2));
  setFact(card.temp, celsius(now.temp), level(now.temp, 75, 88));
}

// --- The screen: groups in order, cards in order within them

function wanted({ info, metrics }) {
  if (view.show === 'online' && !info.online) return false;
  if (view.show === 'offline' && info.online) return false;
  const text = [info.name, info.id, info.group, info.location, info.country_code, metrics?.hostname, metrics?.os?.name, metrics?.cpu?.brand];
  return text.join(' ').toLowerCase().includes(view.search);
}

function sortKey(host) {
  const now = figures(host.metrics ?? {});
  const keys = { cpu: now.cpu, memory: now.memory, disk: now.disk, network: (now.rx ?? 0) + (now.tx ?? 0), uptime: now.uptime };
  return host.info.online ? keys[view.sort] ?? -1 : -2;
}

function compare(a, b) {
  const by = view.sort === 'name' ? 0 : sortKey(b) - sortKey(a);
  return by || collator.compare(a.info.name || a.info.id, b.info.name || b.info.id);
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
let arrangeAt = 0;

/** Puts every card where it belongs; moves only those that stand wrong. */
function arrange() {
  arrangeAt = Date.now();
  const groups = new Map();
  for (const host of [...hosts.values()].filter(wanted).sort(compare)) {
    const name = host.info.group ?? '';
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(host);
  }
  const names = [...groups.keys()].sort((a, b) => (a === '') - (b === '') || collator.compare(a, b));
  const main = $('groups');
  const sections = new Map([...main.children].map((section) => [section.dataset.group, section]));
  names.forEach((name, at) => {
    const section = sections.get(name) ?? newGroup(name);
    sections.delete(name);
    if (main.children[at] !== section) main.insertBefore(section, main.children[at] ?? null);
    const members = groups.get(name);
    const [title, cards] = section.children;
    title.hidden = names.length === 1 && name === '';
    put(title.firstChild, name || 'Other');
    const online = members.filter((host) => host.info.online).length;
    put(title.lastChild, `${online} of ${members.length}`);
    place(cards, members.map((host) => host.card.node));
  });
  for (const section of sections.values()) section.remove();
  summarize();
}

function newGroup(name) {
  const section = element('section', 'group', element('h2', '', element('span'), element('small')), element('div', 'cards'));
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

function summarize() {
  const all = [...hosts.values()];
  const off = all.filter((host) => !host.info.online).length;
  const parts = [element('b', '', `${all.length - off}`), ' online'];
  if (off > 0) parts.push(' · ', element('span', 'off', `${off} offline`));
  $('summary').replaceChildren(...(all.length > 0 ? parts : []));
  const shown = $('groups').querySelector('.card');
  const empty = link.live && !shown;
  $('empty').hidden = !empty;
  if (empty) put($('empty'), all.length > 0 ? 'No host matches.' : 'No host has reported yet. Point an agent at this hub, and it appears here.');
}

// --- Drawing happens once a frame, however many messages came

const dirty = new Set();
let reorder = false;

function redraw(host, moved = false) {
  if (dirty.size === 0 && !reorder) schedule();
  dirty.add(host);
  reorder ||= moved;
}

/** A page in the background draws nothing, and all at once when it is looked at again. */
function schedule() {
  requestAnimationFrame(() => {
    for (const host of dirty) if (hosts.has(host.info.id)) drawCard(host);
    if (view.open && dirty.has(hosts.get(view.open))) drawDetail();
    dirty.clear();
    const settle = view.sort !== 'name' && Date.now() - arrangeAt > 2000;
    if (reorder || settle) arrange();
    reorder = false;
  });
}

// --- Messages of the hub

const handlers = {
  connection({ data }) {
    if (data.status !== 'connected') return;
    link.expect = data.servers ?? 0;
    link.told = new Set();
    link.opened();
    if (link.expect === 0) forgetUntold();
  },

  server_added({ data }) {
    const known = hosts.get(data.id);
    if (known) {
      known.info = { ...data };
    } else {
      const host = { info: { ...data }, metrics: undefined, history: [] };
      host.card = newCard(host);
      hosts.set(data.id, host);
    }
    redraw(hosts.get(data.id), true);
    if (!link.told) return;
    link.told.add(data.id);
    if (link.told.size >= link.expect) forgetUntold();
  },

  server_removed({ data }) { forget(data.id); },

  status({ data }) {
    const host = hosts.get(data.server_id);
    if (!host) return;
    host.info.online = data.online;
    if (data.last_check) host.info.last_seen = data.last_check;
    redraw(host, true);
  },

  metrics({ data, timestamp }) {
    const host = hosts.get(data.server_id);
    if (!host) return;
    host.metrics = data.metrics;
    host.info.last_seen = timestamp;
    const time = Date.parse(timestamp);
    // The state on connecting is no new reading: it may be hours old.
    if (host.info.online) host.history.push({ time, ...figures(data.metrics) });
    while (host.history.length > POINTS_MAX || host.history[0]?.time < time - KEEP_MS) host.history.shift();
    redraw(host);
  },
};

/** What the hub no longer knows after it told of everything it knows. */
function forgetUntold() {
  for (const id of hosts.keys()) if (!link.told.has(id)) forget(id);
  link.told = null;
  arrange();
}

function forget(id) {
  const host = hosts.get(id);
  if (!host) return;
  hosts.delete(id);
  if (view.open === id) $('detail').close();
  host.card.node.remove();
  redraw(host, true);
}

// --- The connection

const link = {
  socket: null, live: false, heard: 0, tries: 0, told: null, expect: 0,

  dial() {
    const url = new URL('ws', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const token = storedToken();
    const socket = token ? new WebSocket(url, ['kinglet.v1', `bearer.${token}`]) : new WebSocket(url);
    link.socket = socket;
    show('connecting', 'connecting');
    socket.onmessage = ({ data }) => {
      link.heard = Date.now();
      const message = JSON.parse(data);
      if (message.data?.code === 'AUTHENTICATION_FAILED') askToken(token);
      handlers[message.type]?.(message);
    };
    socket.onclose = () => { if (link.socket === socket) link.lost(); };
  },

  opened() {
    link.live = true;
    link.tries = 0;
    $('login').hidden = true;
    show('live', 'live');
    check();
    summarize();
  },

  lost() {
    link.live = false;
    link.socket = null;
    if (!$('login').hidden) return show('lost', 'token needed');
    const [first, most] = RETRY_MS;
    const delay = Math.min(most, first * 1.6 ** link.tries) * (0.8 + 0.4 * Math.random());
    link.tries += 1;
    show('lost', 'reconnecting');
    check();
    setTimeout(link.dial, delay);
  },
};

function show(state, text) {
  $('link').dataset.state = state;
  put($('link-text'), text);
}

/** Old figures look like good ones: says when they are. */
function check() {
  const quiet = Date.now() - link.heard;
  if (link.live && link.socket && quiet > STALE_MS / 2) link.socket.send('{"type":"ping"}');
  if (link.live && quiet > STALE_MS * 1.5) {
    const socket = link.socket;
    link.lost();
    socket.close();
  }
  const stale = link.heard > 0 && (!link.live || quiet > STALE_MS);
  document.body.classList.toggle('is-stale', stale);
  $('stale').hidden = !stale;
  if (stale) put($('stale'), `No connection to the hub. These figures are from ${clock(link.heard)} (${ago(link.heard)}).`);
}

const storedToken = () => { try { return sessionStorage.getItem('token') ?? ''; } catch { return ''; } };

function askToken(tried) {
  $('login').hidden = false;
  put($('login-error'), tried ? 'That token is not accepted.' : '');
  $('token').focus();
}

// --- Details of one host

const chartSpecs = [
  { title: 'CPU', keys: ['cpu'], max: 100, text: (p) => percent(p.cpu) },
  { title: 'Memory', keys: ['memory'], max: 100, text: (p) => percent(p.memory) },
  { title: 'Network', keys: ['rx', 'tx'], text: (p) => `↓ ${rate(p.rx)}  ↑ ${rate(p.tx)}`, scale: rate },
  { title: 'Load', keys: ['load'], text: (p) => (Number.isFinite(p.load) ? p.load.toFixed(2) : '–'), scale: (v) => v.toFixed(1) },
];

let detail = null;

function openDetail(id) {
  view.open = id;
  detail = newDetail();
  $('detail').replaceChildren(detail.node);
  drawDetail();
  $('detail').showModal();
}

function newDetail() {
  const parts = { heading: heading(), charts: chartSpecs.map(newChart), body: element('div', 'sheet-body') };
  parts.heading.name.id = 'detail-name';
  const close = element('button', 'close', '✕');
  close.type = 'button';
  close.setAttribute('aria-label', 'Close');
  close.addEventListener('click', () => $('detail').close());
  parts.heading.node.append(close);
  parts.node = element('div', 'sheet', parts.heading.node,
    element('div', 'charts', ...parts.charts.map((chart) => chart.node)), parts.body);
  return parts;
}

function newChart(spec) {
  const value = element('b');
  const svg = shape('svg', { viewBox: '0 0 100 100', preserveAspectRatio: 'none', role: 'img', 'aria-label': `${spec.title} over the last minutes` });
  for (const y of [0, 50, 100]) svg.append(shape('line', { class: 'grid', x1: 0, x2: 100, y1: y, y2: y }));
  const lines = spec.keys.map((key) => {
    const [area, line] = [shape('path', { class: `area ${key}` }), shape('path', { class: `line ${key}` })];
    svg.append(area, line);
    return { key, area, line };
  });
  const [from, top] = [element('span'), element('span')];
  const node = element('div', 'chart', element('h3', '', element('span', '', spec.title), value), svg, element('div', 'axis', from, top, element('span', '', 'now')));
  return { node, spec, value, lines, from, top };
}

function drawChart({ spec, value, lines, from, top }, history) {
  const last = history.at(-1) ?? {};
  put(value, spec.text(last));
  const end = last.time ?? Date.now();
  const span = Math.max(60_000, end - (history[0]?.time ?? end));
  const peak = Math.max(0, ...history.flatMap((point) => spec.keys.map((key) => point[key] ?? 0)));
  const max = spec.max ?? (peak * 1.15 || 1);
  put(from, `${duration(span / 1000)} ago`);
  put(top, spec.scale ? `peak ${spec.scale(peak)}` : `peak ${percent(peak)}`);
  for (const { key, area, line } of lines) {
    const points = history.filter((point) => Number.isFinite(point[key]));
    const at = points.map((point) => [100 - ((end - point.time) / span) * 100, 100 - (point[key] / max) * 100]);
    const path = at.map(([x, y], index) => `${index ? 'L' : 'M'}${x.toFixed(2)} ${y.toFixed(2)}`).join('');
    line.setAttribute('d', path);
    area.setAttribute('d', at.length > 1 ? `${path}L${at.at(-1)[0].toFixed(2)} 100L${at[0][0].toFixed(2)} 100Z` : '');
  }
}

function drawDetail() {
  const host = hosts.get(view.open);
  if (!host || !detail) return;
  setHeading(detail.heading, host);
  detail.node.classList.toggle('offline', !host.info.online);
  for (const chart of detail.charts) drawChart(chart, host.history);
  const metrics = host.metrics;
  detail.body.replaceChildren(...(metrics ? [coreBlock(metrics), mountBlock(metrics), interfaceBlock(metrics), factBlock(host)].filter(Boolean) : []));
}

function block(title, ...children) {
  return element('section', 'block', element('h3', '', title), ...children);
}

function coreBlock({ cpu }) {
  const cores = cpu?.per_core ?? [];
  if (cores.length < 2) return null;
  const bars = cores.map((usage) => {
    const bar = element('i');
    bar.style.setProperty('--fill', `${Math.max(3, usage)}%`);
    bar.title = percent(usage);
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

function mountBlock({ filesystems = [], memory = {} }) {
  const mounts = filesystems.map((mount) => {
    const marks = [mount.fstype, mount.read_only && 'read-only', mount.stuck && 'does not answer'].filter(Boolean).join(', ');
    const text = Number.isFinite(mount.total) ? `${bytes(mount.used)} of ${bytes(mount.total)}` : '–';
    return row(mount.mount_point, marks, mount.usage_percent, text);
  });
  const share = (used, total) => (total > 0 ? (used / total) * 100 : undefined);
  if (Number.isFinite(memory.total)) mounts.unshift(row('Memory', '', memory.usage_percent, `${bytes(memory.used)} of ${bytes(memory.total)}`));
  if (memory.swap_total > 0) mounts.splice(1, 0, row('Swap', '', share(memory.swap_used, memory.swap_total), `${bytes(memory.swap_used)} of ${bytes(memory.swap_total)}`));
  return mounts.length > 0 ? block('Memory and storage', element('div', 'rows', ...mounts)) : null;
}

function interfaceBlock({ network = {} }) {
  const rows = (network.interfaces ?? []).filter((each) => each.state !== 'down').map((each) => {
    const speed = each.speed ? `${each.speed} Mbit/s` : '';
    return row(each.name, each.name === network.wan ? `uplink ${speed}` : speed, undefined, `↓ ${rate(each.rx_speed)}   ↑ ${rate(each.tx_speed)}`);
  });
  return rows.length > 0 ? block('Network', element('div', 'rows', ...rows)) : null;
}

function factBlock({ info, metrics }) {
  const { os = {}, cpu = {}, network = {}, load_average: load, processes, sockets, power, battery, agent } = metrics;
  const list = [
    ['Host', metrics.hostname], ['Id', info.id], ['Last heard of', info.last_seen && clock(info.last_seen)],
    ['System', [os.name && osName(os.name), os.version].filter(Boolean).join(' ')], ['Kernel', [os.kernel, os.arch].filter(Boolean).join(' ')],
    ['Processor', [cpu.brand, cpu.cores && `× ${cpu.cores}`].filter(Boolean).join(' ')], ['Clock', cpu.frequency && `${cpu.frequency} MHz`],
    ['Uptime', Number.isFinite(metrics.uptime) && duration(metrics.uptime)],
    ['Load', load && [load.one, load.five, load.fifteen].map((each) => each.toFixed(2)).join('  ')],
    ['Tasks', processes && `${processes.total}, ${processes.running} running`],
    ['Received', Number.isFinite(network.total_rx) && bytes(network.total_rx)], ['Sent', Number.isFinite(network.total_tx) && bytes(network.total_tx)],
    ['Sockets', sockets && `${sockets.tcp} TCP, ${sockets.udp} UDP`],
    ['Power', power && (power.undervoltage ? 'undervoltage' : power.throttled ? 'throttled' : 'good')],
    ['Battery', battery && `${battery.percent.toFixed(0)}%${battery.charging ? ', charging' : ''}`],
    ...(metrics.temperatures ?? []).slice(0, 8).map((sensor) => [sensor.label, celsius(sensor.celsius)]),
    ...(metrics.fans ?? []).slice(0, 4).map((fan) => [fan.label, `${fan.rpm} rpm`]),
    ['Agent', agent && [agent.version, agent.rss && bytes(agent.rss)].filter(Boolean).join(', ')],
  ];
  const facts = list.filter(([, value]) => value).map(([label, value]) => {
    const each = fact(label);
    setFact(each, value);
    return each.node;
  });
  return block('Facts', element('div', 'facts', ...facts));
}

// --- Controls

$('search').addEventListener('input', ({ target }) => { view.search = target.value.trim().toLowerCase(); arrange(); });
$('sort').addEventListener('change', ({ target }) => { view.sort = target.value; arrange(); });
$('filter').addEventListener('click', ({ target }) => {
  const show = target.dataset.show;
  if (!show) return;
  view.show = show;
  for (const button of $('filter').children) button.setAttribute('aria-pressed', String(button === target));
  arrange();
});
$('detail').addEventListener('close', () => { view.open = null; detail = null; $('detail').replaceChildren(); });
$('detail').addEventListener('click', ({ target }) => { if (target === $('detail')) $('detail').close(); });
$('login').addEventListener('submit', (event) => {
  event.preventDefault();
  try { sessionStorage.setItem('token', $('token').value.trim()); } catch { /* kept for this try only */ }
  $('login').hidden = true;
  link.dial();
});

link.dial();
setInterval(check, 2000);
// Offline cards say since when, and that grows old.
setInterval(() => { for (const host of hosts.values()) if (!host.info.online) redraw(host); }, 30_000);
