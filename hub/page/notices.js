// Who is told of alerts, with a test of each way, and what nobody is told of, with an end to it.

import { alerts, call, endSilence } from './alerts.js';
import { $, element, put } from './element.js';
import { storedToken } from './live.js';
import { nameElement } from './middle.js';
import { openRules } from './rules.js';
import { askToSignIn } from './sign-in.js';
import { clock } from './units.js';
import { say } from './words.js';

/** A part of the dialog, which is there once it has rows. */
function block(title) {
  const rows = element('ol', 'timeline');
  const node = element('section', 'block', element('h3', '', title), rows);
  node.hidden = true;
  const show = (nodes) => {
    rows.replaceChildren(...nodes);
    node.hidden = nodes.length === 0;
  };
  return { node, show };
}

function row(level, name, small, text, side, button) {
  const what = element('span', 'what', ...(small ? [element('b', '', small), ' '] : []), text);
  const when = element('span', 'when', side);
  const of = nameElement('b', 'of', name);
  const node = element('li', 'wants', element('i', 'dot'), of, what, when);
  node.dataset.level = level;
  if (button) node.append(element('span', 'decide', button));
  return node;
}

function button(label, act) {
  const node = element('button', '', label);
  node.type = 'button';
  node.addEventListener('click', () => act(node));
  return node;
}

/** Asks for a token, which stands on the page behind the dialog. */
function wantToken(why) {
  $('timeline').close();
  askToSignIn(why);
}

/** Whether the answer is that this viewer may not: he is asked for a token then. */
function refused(status) {
  const is = status === 401 || status === 403;
  if (is) wantToken(say('This needs other rights'));
  return is;
}

async function sendTest(name, node, said) {
  if (alerts.change === 'token') return wantToken(say('This needs more rights'));
  node.disabled = true;
  put(said, say('On its way …'));
  const answer = await call(`api/notify/${encodeURIComponent(name)}/test`, 'POST');
  node.disabled = false;
  if (refused(answer?.status)) return;
  const { message } = answer && !answer.ok ? await answer.json().catch(() => ({})) : {};
  said.dataset.level = answer?.ok ? 'good' : 'bad';
  const why = message ?? say('the hub does not answer');
  put(said, answer?.ok ? say('The test was taken: look whether it has come.')
    : say('The test was not taken: {why}', { why }));
}

function channel({ name, kind, state, taken, waiting, failed }) {
  const well = taken ? say('The last notice was taken {time}.', { time: clock(taken) })
    : say('Nothing was told yet.');
  const text = state === 'ok' ? well : say('The last notice is not there: {why}', { why: state });
  const side = [
    waiting > 0 && say('{n} wait', { n: waiting }), failed > 0 && say('{n} lost', { n: failed }),
  ];
  const said = element('p', 'said');
  said.setAttribute('role', 'status');
  const test = button(say('Send a test'), (node) => sendTest(name, node, said));
  const level = state !== 'ok' ? 'critical' : taken ? 'over' : 'quiet';
  const small = kind === name ? '' : kind;
  const node = row(level, name, small, text, side.filter(Boolean).join(' · '), test);
  node.append(said);
  return node;
}

async function showChannels({ show }) {
  // Where anyone may look, who is nobody is told nothing of it.
  if (alerts.change === 'never') return;
  if (alerts.change === 'token' && !storedToken()) {
    const ask = button(say('Sign in'), () => wantToken(say('This needs more rights')));
    const text = say('or nobody: who may silence is told.');
    return show([row('quiet', say('Somebody'), '', text, '', ask)]);
  }
  const answer = await call('api/notify');
  if (!answer?.ok) return;
  const { channels } = await answer.json();
  const none = row('quiet', say('Nobody'), '', say('No [[notify]] is configured on the hub.'), '');
  show(channels.length > 0 ? channels.map(channel) : [none]);
}

const listed = (word, names = []) => (names.length > 0 ? [`${word} ${names.join(', ')}`] : []);

/** What is silent, in words. */
function scopeText({ hosts = [], groups, rules }, nameOf) {
  const parts = [
    ...(hosts.length > 0 ? [hosts.map(nameOf).join(', ')] : []),
    ...listed(say('group'), groups), ...listed(say('rule'), rules),
  ];
  return parts.join(' · ') || say('Everything');
}

function silence(each, nameOf, again) {
  const { id, from, until, by, comment = '' } = each;
  const times = { from: clock(from), until: clock(until) };
  const time = Date.parse(from) > Date.now()
    ? say('from {from} until {until}', times) : say('until {until}', times);
  const side = [time, by && say('by {name}', { name: by })].filter(Boolean).join(' · ');
  const end = async () => {
    if (alerts.change === 'token') return wantToken(say('This needs more rights'));
    if (!refused(await endSilence(id))) again();
  };
  const may = alerts.change !== 'never';
  return row('quiet', scopeText(each, nameOf), '', comment, side, may && button(say('End'), end));
}

async function showSilences(part, nameOf) {
  const answer = await call('api/silences');
  if (!answer?.ok) return;
  const { silences, maintenance } = await answer.json();
  const again = () => showSilences(part, nameOf);
  part.show([
    ...silences.map((each) => silence(each, nameOf, again)),
    ...maintenance.map((each) => (
      row('quiet', scopeText(each, nameOf), '', say('Maintenance'),
        say('until {until}', { until: clock(each.until) }))
    )),
  ]);
}

/** Both parts, filled in as soon as the hub has answered. */
export function notices(nameOf) {
  const [told, silent] = [block(say('Told of alerts')), block(say('Silent'))];
  showChannels(told);
  showSilences(silent, nameOf);
  const change = element('p', 'decide', button(say('Alerts and receivers'), () => {
    if (alerts.change === 'token') wantToken(say('This needs more rights'));
    else openRules();
  }));
  return alerts.change === 'never' ? [told.node, silent.node] : [told.node, change, silent.node];
}
