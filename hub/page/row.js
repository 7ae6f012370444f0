// One host's row of the table.

import { wishesOf } from './attention.js';
import { stateText } from './card.js';
import { element, put, setMeter } from './element.js';
import { figures } from './figures.js';
import { putName } from './middle.js';
import { askSparks, drawSpark, newCpuSpark } from './spark.js';
import { celsius, flag, level, load, rate } from './units.js';
import { say } from './words.js';

const SPARK_MS = 5000;          // ten minutes in so few pixels look no different sooner
const LOOKED_MS = 400;          // who scrolls past a host does not ask for its past

/** The columns: name of the class and of what sorts by it, and the words on top. */
export const heads = [
  ['name', say('Name')], ['group', say('Group')], ['cpu', say('CPU')], ['memory', say('Memory')],
  ['disk', say('Disk')], ['spark', say('CPU, 10 min')], ['network', say('Network')],
  ['load', say('Load')], ['temp', say('Temp')], ['uptime', say('State')],
];

/** Columns that nothing is sorted by. */
export const isSorting = (name) => name !== 'spark';

function newMeter() {
  const [fill, value] = [element('i'), element('span', 'value')];
  return { fill, value, nodes: [element('span', 'bar', fill), value] };
}

export function newRow() {
  const row = {
    host: null, sparkAt: 0, looked: 0,
    open: element('button', 'open'), wishes: element('span', 'badge'),
    group: element('span', 'text'),
    cpu: newMeter(), memory: newMeter(), disk: newMeter(), spark: newCpuSpark(),
    rx: element('span', 'rx'), tx: element('span', 'tx'), load: element('span'),
    temp: element('span'), state: element('span', 'text'),
  };
  row.open.type = 'button';
  const inside = {
    name: [element('i', 'dot'), row.open, row.wishes], group: [row.group],
    cpu: row.cpu.nodes, memory: row.memory.nodes, disk: row.disk.nodes, spark: [row.spark.svg],
    network: [row.rx, row.tx], load: [row.load], temp: [row.temp], uptime: [row.state],
  };
  row.node = element('div', 'tr', ...heads.map(([name]) => {
    const cell = element('div', `td ${name}`, ...inside[name]);
    cell.setAttribute('role', name === 'name' ? 'rowheader' : 'cell');
    return cell;
  }));
  row.node.setAttribute('role', 'row');
  row.node.addEventListener('click', () => row.host.open());
  return row;
}

/** From now on it is the row of this host. */
export function bindRow(row, host) {
  row.host = host;
  row.sparkAt = 0;
  row.node.dataset.id = host.info.id;
  clearTimeout(row.looked);
  row.looked = setTimeout(() => {
    if (row.host === host && row.node.isConnected) askSparks(host, () => { row.sparkAt = 0; });
  }, LOOKED_MS);
  drawRow(row);
}

function mark(node, value, warn, bad) {
  node.className = Number.isFinite(value) ? `value ${level(value, warn, bad)}` : 'value';
}

function drawWishes({ wishes }, list) {
  wishes.hidden = list.length === 0;
  put(wishes, list.length > 1 ? `⚠ ${list.length}` : '⚠');
  const text = list.join('\n');
  if (wishes.title === text) return;
  wishes.title = text;
  wishes.setAttribute('role', 'img');
  wishes.setAttribute('aria-label', list.join('; '));
}

export function drawRow(row) {
  const { info, metrics } = row.host;
  const name = info.name || info.id;
  putName(row.open, name, info.id);
  if (row.open.ariaLabel !== name) row.open.setAttribute('aria-label', name);
  const wishes = wishesOf(info.id);
  drawWishes(row, wishes);
  row.node.classList.toggle('loud', wishes.length > 0);
  row.node.classList.toggle('offline', !info.online);
  row.node.classList.toggle('never', !info.last_seen);
  const group = [flag(info.country_code), info.group].filter(Boolean).join(' ');
  put(row.group, group);
  row.group.title = [group, info.location].filter(Boolean).join(' · ');
  const now = figures(metrics ?? {});
  for (const each of ['cpu', 'memory', 'disk']) setMeter(row[each], now[each]);
  put(row.rx, rate(now.rx));
  put(row.tx, rate(now.tx));
  put(row.load, load(now.load));
  mark(row.load, now.load / (metrics?.cpu?.cores ?? Infinity), 1, 2);
  put(row.temp, celsius(now.temp));
  mark(row.temp, now.temp, 75, 88);
  const state = stateText(row.host);
  put(row.state, state);
  row.state.title = state;
  if (Date.now() - row.sparkAt < SPARK_MS) return;
  row.sparkAt = Date.now();
  drawSpark(row.host, row.spark);
}
