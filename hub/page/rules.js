// Alert rules: those that are built in, those of kinglet-hub.toml, and those that are set here.

import { call } from './alerts.js';
import { openSheet } from './dialog.js';
import { element } from './element.js';
import { button, form, merged, part, row, send, stands, told } from './form.js';
import { openReceivers } from './receivers.js';
import { say } from './words.js';

const METRICS = 'metric-names';
const TESTS = ['above', 'below', 'equals'];
const path = (name) => `api/rules/${encodeURIComponent(name)}`;

const levels = () => [['warning', say('warning')], ['critical', say('critical')]];
const tests = () => [
  ['above', say('above')], ['below', say('below')], ['equals', say('equals')],
];

function specs(name) {
  const named = { key: 'name', label: say('Name'), required: true, hint: 'busy' };
  return [
    ...(name === undefined ? [named] : []),
    { key: 'metric', label: say('Figure'), required: true, list: METRICS, hint: 'cpu.usage' },
    { key: 'test', label: say('Fires when it is'), type: 'choice', options: tests() },
    { key: 'line', label: say('This'), type: 'number', required: true },
    { key: 'for', label: say('For as long as'), hint: '5m' },
    { key: 'level', label: say('Level'), type: 'choice', options: levels() },
    { key: 'title', label: say('Title') },
    { key: 'hosts', label: say('Hosts (all without)'), type: 'list', hint: 'pi-*, nas' },
    { key: 'groups', label: say('Groups (all without)'), type: 'list' },
  ];
}

/** A form for a rule there is, or for a new one. */
function ruleForm(rule, done, close) {
  const { name, keys = {} } = rule ?? {};
  const test = TESTS.find((each) => keys[each] !== undefined) ?? 'above';
  const fields = specs(name);
  const values = { ...keys, test, line: keys[test] };
  const save = async (node) => {
    const { name: given = name, test: how, line, ...rest } = told(node, fields);
    const lines = Object.fromEntries(TESTS.map((each) => [each, each === how ? line : undefined]));
    const wrong = await send(path(given), 'PUT', merged(keys, { ...rest, ...lines }));
    if (wrong === undefined) done();
    return wrong;
  };
  return form(fields, values, save, close);
}

function text({ metric = '', level, keys }) {
  const test = TESTS.find((each) => keys[each] !== undefined);
  const line = test ? ` ${say(test)} ${keys[test]}` : '';
  const held = keys.for && keys.for !== '0s' ? ` · ${keys.for}` : '';
  return `${metric}${line}${held} · ${say(level)}`.replace(/^ · /, '');
}

function ruleRow(rule, again) {
  const { name, origin, level, metric } = rule;
  const mark = origin === 'built_in' ? 'quiet' : level;
  if (origin !== 'drop_in') return row(mark, name || metric, text(rule), stands(rule));
  const edit = () => node.replaceChildren(ruleForm(rule, again, again));
  const remove = async (pressed) => {
    pressed.disabled = true;
    const wrong = await send(path(name), 'DELETE');
    if (wrong === undefined) again();
    else node.append(element('p', 'said', wrong));
  };
  const buttons = [button(say('Change'), edit), button(say('Remove'), remove)];
  const node = row(mark, name, text(rule), stands(rule), ...buttons);
  return node;
}

async function showRules({ rows, below }) {
  const answer = await call('api/rules');
  if (!answer?.ok) return;
  const { rules } = await answer.json();
  below.replaceChildren();
  const again = () => showRules({ rows, below });
  rows.replaceChildren(...rules.map((rule) => ruleRow(rule, again)));
}

async function fillMetrics(names) {
  const answer = await call('api/metrics');
  if (!answer?.ok) return;
  const { metrics } = await answer.json();
  const option = ({ name, help }) => (
    Object.assign(element('option'), { value: name, label: help })
  );
  names.replaceChildren(...metrics.map(option));
}

/** Opens the dialog with both. */
export function openRules() {
  const names = element('datalist');
  names.id = METRICS;
  const rules = part(say('Alert rules'), say('Add a rule'), (below) => {
    const end = () => below.replaceChildren();
    below.replaceChildren(ruleForm(undefined, () => showRules(rules), end));
    below.querySelector('input').focus();
  });
  openSheet('rules', say('Alerts and receivers'), rules.node, openReceivers(), names);
  showRules(rules);
  fillMetrics(names);
}
