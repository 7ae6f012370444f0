// What happened, the newest first: alerts with their beginning and end, and what agents told.

import { call } from './alerts.js';
import { $, element } from './element.js';
import { nameElement } from './middle.js';
import { notices } from './notices.js';
import { clock, duration } from './units.js';
import { inWords, many, say, tag } from './words.js';

const exact = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'medium' });

const ROWS_MAX = 100;

async function list(path, key) {
  const answer = await call(path);
  return answer?.ok ? (await answer.json())[key] : [];
}

function ofAlert({ host, title, type, message, level, since, until, acknowledged: known }) {
  const length = until && duration((Date.parse(until) - Date.parse(since)) / 1000);
  const by = known?.by && say('acknowledged by {name}', { name: known.by });
  const small = [until ? say('over after {time}', { time: length }) : say('open'), by];
  const mark = until ? 'over' : level;
  return { at: since, host, mark, title: inWords(title || type), text: inWords(message), small };
}

const plain = (value) => (typeof value === 'object' ? '' : String(value));

const CAUSES = {
  watchdog: say('its watchdog reset it'), panic: say('its kernel gave up'),
  clean: say('it was shut down'), unclean: say('without being shut down'),
};

/** What else happens, in words: a head, and what more there is to say. */
const HEADS = {
  start: ({ uptime }) => [
    say('Agent started'), say('{time} after the host', { time: duration(uptime) }),
  ],
  reboot: ({ cause }) => [say('Rebooted'), CAUSES[cause] ?? ''],
  undervoltage: () => [say('Undervoltage'), say('the supply was too weak')],
  throttled: () => [say('Throttled'), say('the processor was slowed down')],
  oom_kill: ({ killed }) => [say('Out of memory'), say('{n} killed', { n: killed })],
  filesystem_read_only: ({ mount_point: mount }) => [
    say('Read-only'), mount ?? say('a file system'),
  ],
};

/** An agent that found its way back tells for how long it was away, and who may hear it, why. */
function ofLink({ down_ms: away, attempts, reason }) {
  const after = say('after {time}', { time: duration(away / 1000) });
  const tries = attempts > 1 && many(attempts, '{n} attempt', '{n} attempts');
  const why = reason ? `: ${reason}` : '';
  const text = [after, tries].filter(Boolean).join(', ');
  return { title: say('Connected again'), text: `${text}${why}` };
}

function ofEvent({ host, timestamp, type, data }) {
  if (data.event === 'link_restored' && Number.isFinite(data.down_ms)) {
    return { at: timestamp, host, mark: 'told', ...ofLink(data), small: [type] };
  }
  if (Object.hasOwn(HEADS, data.event)) {
    const [title, text] = HEADS[data.event](data);
    return { at: timestamp, host, mark: 'told', title, text, small: [type] };
  }
  if (type === 'config' && data.action === 'updated') {
    const text = Array.isArray(data.fields) ? data.fields.join(', ') : '';
    const title = say('Settings changed');
    return { at: timestamp, host, mark: 'told', title, text, small: [type] };
  }
  if (type === 'status' && data.details?.reason) {
    const title = `${data.component} ${inWords(data.status)}`;
    return { at: timestamp, host, mark: 'told', title, text: data.details.reason, small: [type] };
  }
  const { event, component, status, action, message, title, ...more } = data;
  const words = Object.entries(more).filter(([, value]) => plain(value))
    .slice(0, 4).map(([name, value]) => `${name} ${plain(value)}`);
  const head = title ?? event ?? [component, inWords(status)].filter(Boolean).join(' ');
  const text = message ?? words.join(', ');
  return { at: timestamp, host, mark: 'told', title: head || action || type, text, small: [type] };
}

/** The rows of one host, or of all. */
async function happened(id) {
  const of = id === undefined ? '' : `&host=${encodeURIComponent(id)}`;
  const kinds = ['system', 'status', 'config'];
  const [open, past, ...events] = await Promise.all([
    list(`api/alerts?state=open${of}`, 'alerts'),
    list(`api/alerts?state=past&limit=${ROWS_MAX}${of}`, 'alerts'),
    ...kinds.map((kind) => list(`api/events?type=${kind}&limit=${ROWS_MAX}${of}`, 'events')),
  ]);
  const rows = [...[...open, ...past].map(ofAlert), ...events.flat().map(ofEvent)];
  return rows.sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, ROWS_MAX);
}

function row({ at, host, mark, title, text, small }, nameOf) {
  const when = element('time', '', clock(at));
  when.title = exact.format(new Date(at));
  const name = nameOf ? [nameElement('b', 'of', nameOf(host))] : [];
  const what = element('span', 'what', element('b', '', title), ` ${text}`);
  const side = element('span', 'when', small.filter(Boolean).join(' · '));
  const node = element('li', 'wants', element('i', 'dot'), when, ...name, what, side);
  node.dataset.level = mark;
  return node;
}

/** A list of what happened to a host, or, where `nameOf` says what they are called, to all. */
export function timeline(id, nameOf) {
  const rows = element('ol', 'timeline');
  happened(id).then((all) => {
    const nodes = all.map((each) => row(each, nameOf));
    const none = element('li', 'more', say('Nothing yet.'));
    rows.replaceChildren(...(nodes.length > 0 ? nodes : [none]));
  });
  return rows;
}

/** Opens the list of all. */
export function openTimeline(nameOf) {
  const close = element('button', 'close', '✕');
  close.type = 'button';
  close.setAttribute('aria-label', say('Close'));
  close.addEventListener('click', () => $('timeline').close());
  const name = element('div', 'name', say('Timeline'));
  name.id = 'timeline-name';
  const top = element('div', 'sheet-top', element('div', 'head', name, close));
  const past = element('section', 'block', element('h3', '', say('What happened')));
  past.append(timeline(undefined, nameOf));
  const body = element('div', 'sheet-body', ...notices(nameOf), past);
  $('timeline').replaceChildren(element('div', 'sheet', top, body));
  $('timeline').showModal();
}

$('timeline').addEventListener('click', ({ target }) => {
  if (target === $('timeline')) $('timeline').close();
});
