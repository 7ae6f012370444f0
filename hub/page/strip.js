// The strip on top: what wants attention, and what a viewer may say to it. The count stands in the
// title and on the icon too.

import { acknowledge, alerts, silence } from './alerts.js';
import { announceNew } from './aloud.js';
import { attention } from './attention.js';
import { openDetail } from './detail.js';
import { $, element, put } from './element.js';
import { link } from './live.js';
import { putName } from './middle.js';
import { askToSignIn } from './sign-in.js';
import { arrange, hosts } from './screen.js';
import { showCount } from './title.js';
import { clock, duration } from './units.js';
import { inWords, say } from './words.js';

const ROWS_MAX = 30;
const EVERY_MS = 1000;
const HOUR = 3600;

let drawn = '';

export function watchAttention() {
  alerts.changed = draw;
  setInterval(draw, EVERY_MS);
}

function draw() {
  const { items, count } = attention(hosts);
  showCount(count);
  announceNew(new Map(items.slice(0, count).map(spoken)), link);
  const words = items.slice(0, ROWS_MAX).map(rowText);
  const now = JSON.stringify([count, alerts.change, items.length, words]);
  // A menu that is open stays so.
  if (now === drawn || $('attention').contains(document.activeElement)) return;
  drawn = now;
  const more = items.length - ROWS_MAX;
  const rows = items.slice(0, ROWS_MAX).map(row);
  if (more > 0) rows.push(element('p', 'more', say('and {n} more', { n: more })));
  $('attention').replaceChildren(...rows);
  $('attention').hidden = items.length === 0;
  arrange();
}

function spoken(item) {
  const { name, title } = rowText(item);
  return [`${item.host} ${item.rule} ${item.title}`, `${name}: ${title}`];
}

function rowText(item) {
  const { host, level, title, message, since, acknowledged, silenced_until: silent } = item;
  const age = since ? duration(Math.floor((Date.now() - Date.parse(since)) / 60_000) * 60) : '';
  return {
    name: hosts.get(host)?.info.name || (host === 'kinglet-hub' ? say('This hub') : host),
    title: inWords(title), message: message === title ? '' : inWords(message), level,
    age: age === duration(0) ? say('just now') : age,
    note: [
      acknowledged && (acknowledged.by
        ? say('acknowledged by {name}', { name: acknowledged.by }) : say('acknowledged')),
      silent && say('silent until {time}', { time: clock(silent) }),
    ].filter(Boolean).join(', '),
  };
}

function row(item) {
  const { name, title, message, level, age, note } = rowText(item);
  const host = hosts.get(item.host);
  const of = element(host ? 'button' : 'b', 'of');
  putName(of, name);
  if (host) of.addEventListener('click', () => openDetail(host));
  const text = element('span', 'what', element('b', '', title), ` ${message}`);
  text.title = item.suggestion ?? '';
  const side = element('span', 'when', [note, age].filter(Boolean).join(' · '));
  const node = element('div', 'wants', element('i', 'dot'), of, text, side);
  node.dataset.level = note ? 'quiet' : level;
  if (item.alert_id && alerts.change !== 'never') node.append(decisions(item));
  return node;
}

/** What may be said to an alert. */
function decisions(item) {
  const known = Boolean(item.acknowledged);
  const button = element('button', '', known ? say('Undo') : say('Acknowledge'));
  button.title = known
    ? say('Nobody knows of it after all') : say('Say that somebody knows of it');
  button.addEventListener('click', () => {
    button.blur();
    tell(() => acknowledge(item, !known));
  });
  const group = hosts.get(item.host)?.info.group;
  const alert = { hosts: [item.host], rules: [item.rule] };
  const choices = [
    [say('Silence …')],
    [say('this for an hour'), alert, HOUR], [say('this for a day'), alert, 24 * HOUR],
    [say('the host for an hour'), { hosts: [item.host] }, HOUR],
    [say('the host for a day'), { hosts: [item.host] }, 24 * HOUR],
    [say('the host for a week'), { hosts: [item.host] }, 7 * 24 * HOUR],
    ...(group ? [[say('the group for an hour'), { groups: [group] }, HOUR]] : []),
    [say('the rule everywhere for a day'), { rules: [item.rule] }, 24 * HOUR],
  ];
  const select = element('select', '', ...choices.map(([label]) => element('option', '', label)));
  select.setAttribute('aria-label', say('Silence'));
  select.addEventListener('change', () => {
    const [, scope, seconds] = choices[select.selectedIndex];
    select.selectedIndex = 0;
    select.blur();
    if (scope) tell(() => silence(scope, seconds));
  });
  return element('span', 'decide', button, select);
}

/** Does it; asks for a token where that is needed. */
async function tell(decision) {
  if (alerts.change === 'token') return askToSignIn(say('This needs more rights'));
  const status = await decision();
  if (status === 401 || status === 403) askToSignIn(say('This needs other rights'));
  put($('attention-fault'), status >= 500 || status === 0 ? say('The hub did not take it.') : '');
}
