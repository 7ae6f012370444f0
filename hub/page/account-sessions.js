// Where somebody is signed in, and the end of it: one's own, and for owners that of others.

import { change, listed, openAccount, sure, tell } from './account-dialog.js';
import { element } from './element.js';
import { row } from './form.js';
import { clock } from './units.js';
import { say } from './words.js';

/** What of a browser's long name people know it by. */
export function browserOf(client) {
  const known = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari', 'curl'];
  const found = known.find((name) => client.includes(`${name}/`));
  const names = { Edg: 'Edge', OPR: 'Opera' };
  const systems = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'CrOS', 'Linux'];
  const system = systems.find((name) => client.includes(name));
  return [names[found] ?? found, system].filter(Boolean).join(', ') || client || '–';
}

function sessionRow(path, session, again) {
  const { id, created, seen, client, current } = session;
  const text = say('since {time}', { time: clock(created) });
  const side = current ? say('this one') : say('last used {time}', { time: clock(seen) });
  const end = sure(say('End'), async () => {
    const { wrong } = await change(`${path}/${encodeURIComponent(id)}`, 'DELETE');
    if (wrong === undefined) again();
    else tell(node, wrong);
  });
  const buttons = current ? [] : [end];
  const node = row(current ? 'over' : 'quiet', browserOf(client), text, side, ...buttons);
  node.title = client;
  return node;
}

/** A list of sessions that are listed and ended there. */
export function sessionList(path) {
  const rows = element('ol', 'timeline');
  const again = async () => {
    const sessions = await listed(path, 'sessions');
    const none = element('li', 'more', say('Signed in nowhere.'));
    const nodes = sessions.map((each) => sessionRow(path, each, again));
    rows.replaceChildren(...(nodes.length > 0 ? nodes : [none]));
  };
  again();
  return rows;
}

export function openSessions() {
  const list = sessionList('api/sessions');
  const head = element('h3', '', say('Where you are signed in'));
  const block = element('section', 'block', head, list);
  openAccount(say('Sessions'), block);
}
