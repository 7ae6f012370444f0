// A screen on a wall: every host at once, as large as fits, and nothing to press.

import { wishesOf } from './attention.js';
import { $, element, meter, place, setMeter } from './element.js';
import { figures } from './figures.js';
import { keepAwake, letSleep, watchWall } from './lit.js';
import { putName } from './middle.js';
import { say } from './words.js';

// What a tile takes, in its own units: with its meters, and with a name and one meter.
const WHOLE = { wide: 15, high: 6.6 };
const SMALL = { wide: 11, high: 2.9 };
const READABLE_PX = 8;          // units below this are no text any more
const LARGEST_PX = 44;

// What is done for trouble that has no room, one after the other.
const TIGHT = ['tight', 'tighter', 'tightest'];

let tiles = new Map();          // by the host's id
let isBegun = false;

function newTile() {
  const tile = {
    name: element('div', 'name'), dot: element('i', 'dot'), wishes: element('div', 'wishes'),
    cpu: meter(say('CPU')), memory: meter(say('Memory')), disk: meter(say('Disk')),
  };
  tile.node = element('div', 'tile', element('div', 'head', tile.dot, tile.name),
    element('div', 'meters', tile.cpu.node, tile.memory.node, tile.disk.node), tile.wishes);
  tile.node.setAttribute('role', 'listitem');
  return tile;
}

function drawTile(tile, { info, metrics }) {
  putName(tile.name, info.name || info.id, info.id);
  const wishes = info.online ? wishesOf(info.id) : [say('offline')];
  const text = info.last_seen ? wishes.join(' · ') : say('never seen');
  if (tile.wishes.textContent !== text) tile.wishes.textContent = text;
  tile.node.title = text;
  tile.node.classList.toggle('offline', !info.online);
  tile.node.classList.toggle('never', !info.last_seen);
  tile.node.classList.toggle('loud', wishesOf(info.id).length > 0);
  const now = figures(metrics ?? {});
  for (const each of ['cpu', 'memory', 'disk']) setMeter(tile[each], now[each]);
}

/** What wants attention is read whole: the meters yield to it, then it is written smaller. */
function makeRoom({ node, wishes }) {
  node.classList.remove(...TIGHT);
  if (!wishes.textContent) return;
  for (const name of TIGHT) {
    if (node.scrollHeight <= node.clientHeight) return;
    node.classList.add(name);
  }
}

/** The columns with which tiles of this shape are largest, and how large a unit is then. */
function largest(count, { wide, high }, room) {
  let best = { columns: 1, unit: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const unit = Math.min(room.width / columns / wide, room.height / rows / high, LARGEST_PX);
    if (unit > best.unit) best = { columns, unit };
  }
  return best;
}

function fit() {
  if (tiles.size === 0) return;
  const list = $('groups');
  const { top } = list.getBoundingClientRect();
  const room = { width: list.clientWidth, height: innerHeight - top - 6 };
  const whole = largest(tiles.size, WHOLE, room);
  const isSmall = whole.unit < READABLE_PX;
  const { columns, unit } = isSmall ? largest(tiles.size, SMALL, room) : whole;
  list.classList.toggle('small', isSmall);
  list.style.setProperty('--columns', columns);
  list.style.setProperty('--rows', Math.ceil(tiles.size / columns));
  list.style.setProperty('--unit', `${unit.toFixed(2)}px`);
  list.style.setProperty('--room', `${Math.floor(room.height)}px`);
  for (const tile of tiles.values()) makeRoom(tile);
}

addEventListener('resize', () => { if (isBegun) fit(); });

export const wall = {
  show(hosts) {
    if (!isBegun) {
      isBegun = true;
      $('groups').setAttribute('role', 'list');
      $('groups').setAttribute('aria-label', say('Hosts'));
      keepAwake();
    }
    const old = tiles;
    tiles = new Map(hosts.map(({ info }) => [info.id, old.get(info.id) ?? newTile()]));
    place($('groups'), [...tiles.values()].map(({ node }) => node));
    for (const host of hosts) drawTile(tiles.get(host.info.id), host);
    fit();
  },

  draw(host) {
    const tile = tiles.get(host.info.id);
    if (tile) drawTile(tile, host);
  },

  leave() {
    isBegun = false;
    letSleep();
    tiles = new Map();
    const list = $('groups');
    list.replaceChildren();
    list.classList.remove('small');
    for (const name of ['role', 'aria-label', 'style']) list.removeAttribute(name);
  },
};

watchWall(() => isBegun);
