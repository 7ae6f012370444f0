// One host's card, and the heading that card and details share.

import { wishesOf } from './attention.js';
import { element, fact, meter, put, setFact, setMeter } from './element.js';
import { figures } from './figures.js';
import { putName } from './middle.js';
import { drawSparks, newSparks, watchSparks } from './spark.js';
import { celsius, clock, duration, flag, flagsDrawn, level, load, osName, rate } from './units.js';
import { say, tag } from './words.js';

const exact = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'medium' });

export function heading() {
  const parts = {
    flag: element('span', flagsDrawn ? 'flag' : 'flag code'),
    name: element('div', 'name'),
    sub: element('div', 'sub'),
    state: element('span'),
  };
  const state = element('div', 'state', element('i', 'dot'), parts.state);
  parts.node = element('div', 'head', parts.flag, parts.name, parts.sub, state);
  return parts;
}

export function setHeading(parts, host) {
  const { info, metrics } = host;
  const os = metrics?.os;
  put(parts.flag, flag(info.country_code));
  parts.flag.hidden = !flag(info.country_code);
  parts.flag.title = info.location ?? '';
  putName(parts.name, info.name || info.id, info.id);
  const system = os?.name ? `${osName(os.name)} ${os.version ?? ''}`.trim() : '';
  put(parts.sub, [info.location, system, os?.arch].filter(Boolean).join(' · ') || info.id);
  if (parts.sub.title !== parts.sub.textContent) parts.sub.title = parts.sub.textContent;
  put(parts.state, stateText(host));
  const since = info.last_seen ? exact.format(new Date(info.last_seen)) : '';
  const last = since && say('last heard of {since}', { since });
  parts.state.parentNode.title = info.online ? '' : last;
}

export function stateText({ info, metrics }) {
  if (info.online) {
    return Number.isFinite(metrics?.uptime)
      ? say('up {time}', { time: duration(metrics.uptime) }) : say('online');
  }
  if (!info.last_seen) return say('never seen');
  const when = { time: clock(info.last_seen) };
  return info.stopped ? say('stopped {time}', when) : say('offline since {time}', when);
}

/** Gives a host an empty card; `open` is called with it when the card is pressed. */
export function newCard(host, open) {
  const node = element('button', 'card');
  node.type = 'button';
  node.dataset.id = host.info.id;
  node.addEventListener('click', () => open(host));
  host.card = { node };
  host.open = () => open(host);
}

/** What is on a card is made when it is drawn first: where hosts are rows, it never is. */
function fill(host) {
  const parts = {
    heading: heading(), sparks: newSparks(), wishes: element('div', 'wishes'),
    cpu: meter('CPU'), memory: meter(say('Memory')), disk: meter(say('Disk')),
    rx: fact(say('In'), 'rx'), tx: fact(say('Out'), 'tx'), load: fact(say('Load')),
    temp: fact(say('Temp')),
  };
  host.card.node.append(parts.heading.node, parts.wishes,
    element('div', 'meters', parts.cpu.node, parts.memory.node, parts.disk.node),
    parts.sparks.node,
    element('div', 'foot', parts.rx.node, parts.tx.node, parts.load.node, parts.temp.node));
  Object.assign(host.card, parts);
  watchSparks(host);
}

export function drawCard(host) {
  const { card, info, metrics } = host;
  if (!card.heading) fill(host);
  // That it is away is said above.
  put(card.wishes, info.online ? wishesOf(info.id).join(' · ') : '');
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
  setFact(card.load, load(now.load), level(now.load / cores, 1, 2));
  setFact(card.temp, celsius(now.temp), level(now.temp, 75, 88));
  drawSparks(host);
}
