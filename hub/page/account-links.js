// Links by which a wall's screen may look: made, listed and removed by owners.

import { change, listed, openAccount, sure, tell } from './account-dialog.js';
import { copyLine } from './copy.js';
import { element } from './element.js';
import { button, form, part, row } from './form.js';
import { clock } from './units.js';
import { say } from './words.js';

const DAY_S = 86_400;
const USUAL_DAYS = 90;

/** The address of a link: what stands behind `#` no browser sends, so no log has it. */
function addressOf(secret) {
  const url = new URL('./?view=wall', location.href);
  url.hash = `link=${secret}`;
  return url.href;
}

/** The address, shown this once. */
function shown({ name, secret, expires }, close) {
  const text = say('Open this on the screen: it may look until {time}. It is shown this once.',
    { time: clock(expires) });
  const said = element('p', 'note', element('b', '', name), ` ${text}`);
  said.setAttribute('role', 'status');
  const ends = element('p', 'decide', button(say('Close'), close));
  return element('div', 'link-made', said, copyLine(addressOf(secret)), ends);
}

function linkForm(done, close) {
  const specs = [
    { key: 'name', label: say('Name'), required: true, hint: 'lobby' },
    { key: 'days', label: say('Good for days'), type: 'number', required: true },
  ];
  const save = async ({ elements: { name, days } }) => {
    const body = { name: name.value.trim(), seconds: Math.round(Number(days.value) * DAY_S) };
    const made = await change('api/links', 'POST', body);
    if (made.wrong === undefined) done(made);
    return made.wrong;
  };
  return form(specs, { days: USUAL_DAYS }, save, close);
}

function linkRow({ name, expires, seen }, again) {
  const isOver = Date.parse(expires) <= Date.now();
  const time = { time: clock(expires) };
  const text = isOver ? say('expired {time}', time) : say('good until {time}', time);
  const used = seen ? say('last used {time}', { time: clock(seen) }) : say('never used');
  const remove = sure(say('Remove'), async () => {
    const { wrong } = await change(`api/links/${encodeURIComponent(name)}`, 'DELETE');
    if (wrong === undefined) again();
    else tell(node, wrong);
  });
  const node = row(isOver ? 'quiet' : 'over', name, text, used, remove);
  return node;
}

export function openLinks() {
  const links = part(say('Links for screens'), say('Add a link'), (below) => {
    const end = () => below.replaceChildren();
    const fields = linkForm((made) => {
      below.replaceChildren(shown(made, end));
      below.querySelector('pre').focus();
      again();
    }, end);
    below.replaceChildren(fields);
    fields.elements.name.focus();
  });
  const again = async () => {
    const nodes = (await listed('api/links', 'links')).map((each) => linkRow(each, again));
    const none = element('li', 'more', say('There are none.'));
    links.rows.replaceChildren(...(nodes.length > 0 ? nodes : [none]));
  };
  again();
  openAccount(say('Links'), links.node);
}
