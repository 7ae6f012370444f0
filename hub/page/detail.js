// The details of one host: charts, cores, storage, interfaces and facts in a dialog.

import { heading, setHeading } from './card.js';
import { chartSpecs, drawChart, newChart } from './chart.js';
import { $, element, fact, setFact } from './element.js';
import { bytes, celsius, clock, duration, level, osName, percent, rate } from './units.js';

/** The host in the dialog and the parts it is drawn in; null while the dialog is closed. */
export const detail = { id: null, parts: null };

export function openDetail(host) {
  detail.id = host.info.id;
  detail.parts = newDetail();
  $('detail').replaceChildren(detail.parts.node);
  drawDetail(host);
  $('detail').showModal();
}

$('detail').addEventListener('close', () => {
  detail.id = null;
  detail.parts = null;
  $('detail').replaceChildren();
});
$('detail').addEventListener('click', ({ target }) => {
  if (target === $('detail')) $('detail').close();
});

function newDetail() {
  const charts = chartSpecs.map(newChart);
  const parts = { heading: heading(), charts, body: element('div', 'sheet-body') };
  parts.heading.name.id = 'detail-name';
  const close = element('button', 'close', '✕');
  close.type = 'button';
  close.setAttribute('aria-label', 'Close');
  close.addEventListener('click', () => $('detail').close());
  parts.heading.node.append(close);
  parts.node = element('div', 'sheet', parts.heading.node,
    element('div', 'charts', ...charts.map((chart) => chart.node)), parts.body);
  return parts;
}

export function drawDetail(host) {
  const { parts } = detail;
  setHeading(parts.heading, host);
  parts.node.classList.toggle('offline', !host.info.online);
  for (const chart of parts.charts) drawChart(chart, host.history);
  parts.body.replaceChildren(...(host.metrics ? blocks(host) : []));
}

function blocks(host) {
  const { metrics } = host;
  const all = [coreBlock(metrics), mountBlock(metrics), interfaceBlock(metrics), factBlock(host)];
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

const part = (used, total) => `${bytes(used)} of ${bytes(total)}`;

function memoryRows({ used, total, usage_percent, swap_used: swapped, swap_total: swap }) {
  const rows = [];
  if (Number.isFinite(total)) rows.push(row('Memory', '', usage_percent, part(used, total)));
  if (swap > 0) rows.push(row('Swap', '', (swapped / swap) * 100, part(swapped, swap)));
  return rows;
}

function mountRow(mount) {
  const marks = [mount.fstype, mount.read_only && 'read-only', mount.stuck && 'does not answer'];
  const text = Number.isFinite(mount.total) ? part(mount.used, mount.total) : '–';
  return row(mount.mount_point, marks.filter(Boolean).join(', '), mount.usage_percent, text);
}

function mountBlock({ filesystems = [], memory = {} }) {
  const rows = [...memoryRows(memory), ...filesystems.map(mountRow)];
  return rows.length > 0 ? block('Memory and storage', element('div', 'rows', ...rows)) : null;
}

function interfaceBlock({ network = {} }) {
  const up = (network.interfaces ?? []).filter((each) => each.state !== 'down');
  const rows = up.map((each) => {
    const speed = each.speed ? `${each.speed} Mbit/s` : '';
    const small = each.name === network.wan ? `uplink ${speed}` : speed;
    const text = `↓ ${rate(each.rx_speed)}   ↑ ${rate(each.tx_speed)}`;
    return row(each.name, small, undefined, text);
  });
  return rows.length > 0 ? block('Network', element('div', 'rows', ...rows)) : null;
}

const words = (...list) => list.filter(Boolean).join(' ');

/** What a host tells of these: none but what runs is certain. */
function taskText({ total, threads, running }) {
  const parts = [total, threads && `${threads} threads`, `${running} running`];
  return parts.filter(Boolean).join(', ');
}

/** Pairs of a label and its text; a fact that is not known has none. */
function factList({ info, metrics }) {
  const { os = {}, cpu = {}, network = {}, load_average: load } = metrics;
  const { processes, sockets, power, battery, agent } = metrics;
  return [
    ['Host', metrics.hostname],
    ['Id', info.id],
    ['Last heard of', info.last_seen && clock(info.last_seen)],
    ['System', words(os.name && osName(os.name), os.version)],
    ['Kernel', words(os.kernel, os.arch)],
    ['Processor', words(cpu.brand, cpu.cores && `× ${cpu.cores}`)],
    ['Clock', cpu.frequency && `${cpu.frequency} MHz`],
    ['Uptime', Number.isFinite(metrics.uptime) && duration(metrics.uptime)],
    ['Load', load && [load.one, load.five, load.fifteen].map((n) => n.toFixed(2)).join('  ')],
    ['Processes', processes && taskText(processes)],
    ['Received', Number.isFinite(network.total_rx) && bytes(network.total_rx)],
    ['Sent', Number.isFinite(network.total_tx) && bytes(network.total_tx)],
    ['Sockets', sockets && `${sockets.tcp} TCP, ${sockets.udp} UDP`],
    ['Power', power && powerText(power)],
    ['Battery', battery && `${battery.percent.toFixed(0)}%${battery.charging ? ', charging' : ''}`],
    ...(metrics.temperatures ?? []).slice(0, 8).map((each) => [each.label, celsius(each.celsius)]),
    ...(metrics.fans ?? []).slice(0, 4).map((fan) => [fan.label, `${fan.rpm} rpm`]),
    ['Agent', agent && [agent.version, agent.rss && bytes(agent.rss)].filter(Boolean).join(', ')],
  ];
}

function powerText({ undervoltage, throttled }) {
  if (undervoltage) return 'undervoltage';
  return throttled ? 'throttled' : 'good';
}

function factBlock(host) {
  const facts = factList(host).filter(([, value]) => value).map(([label, value]) => {
    const each = fact(label);
    setFact(each, value);
    return each.node;
  });
  return block('Facts', element('div', 'facts', ...facts));
}
