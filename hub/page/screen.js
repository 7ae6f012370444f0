// The screen: which hosts are shown and how they are laid out, once a frame.

import { emptyState } from './add-host.js';
import { cards } from './cards.js';
import { detail, drawDetail } from './detail.js';
import { $, element, put } from './element.js';
import { link } from './live.js';
import { isMoving, ordered } from './order.js';
import { keeping } from './recent.js';
import { visitor } from './sign-in.js';
import { isHeld } from './still.js';
import { table } from './table.js';
import { view } from './view.js';
import { wall } from './wall.js';
import { say } from './words.js';

const SETTLE_MS = 2000;         // how often hosts may change places because a figure changed
const CARDS_MAX = 24;           // more are a table, unless the viewer says otherwise

/** Every host the hub told of: id -> {info, metrics, recent, past, card, open}. */
export const hosts = new Map();

/**
 * A layout takes the list in order with `show(list)`, one host's new figures with `draw(host)`,
 * and ends with `leave()`.
 */
const layouts = { cards, table, wall };
let layout = null;
let arrangeAt = 0;
let shown = 0;

/** The name of the layout that is taken: the viewer's choice, or what suits so many hosts. */
export function layoutName() {
  if (view.layout in layouts) return view.layout;
  return hosts.size > CARDS_MAX ? 'table' : 'cards';
}

/** Puts every host where it belongs; `asked`: the viewer wants it now, wherever he points. */
export function arrange(asked = false) {
  arrangeAt = Date.now();
  keeping.many = hosts.size > CARDS_MAX;
  const name = layoutName();
  if (layout !== layouts[name]) {
    layout?.leave();
    layout = layouts[name];
    document.body.dataset.layout = name;
    for (const button of $('views').children) {
      button.setAttribute('aria-pressed', String(button.dataset.view === name));
    }
  }
  const list = ordered(hosts.values(), !asked && isHeld());
  shown = list.length;
  layout.show(list);
  summarize();
}

const NO_MATCH = say('No host matches.');
let emptyFor = '';               // for whom it is said that there is no host; '' while it is not

/** Says why no host is shown; what somebody is in the middle of stays. */
function showEmpty(isEmpty, isAny) {
  $('empty').hidden = !isEmpty;
  $('empty').classList.toggle('wide', isEmpty && !isAny);
  const before = emptyFor;
  emptyFor = isEmpty && !isAny ? `${visitor.mayOwn} ${visitor.user}` : '';
  if (isEmpty && isAny) put($('empty'), NO_MATCH);
  else if (!emptyFor) $('empty').replaceChildren();
  else if (emptyFor !== before) $('empty').replaceChildren(...emptyState());
}

export function summarize() {
  const all = [...hosts.values()];
  const off = all.filter((host) => !host.info.online).length;
  const parts = [element('b', '', `${all.length - off}`), ` ${say('online')}`];
  if (off > 0) parts.push(' · ', element('span', 'off', say('{n} offline', { n: off })));
  $('summary').replaceChildren(...(all.length > 0 ? parts : []));
  showEmpty(link.live && shown === 0, all.length > 0);
}

visitor.changed = summarize;

const dirty = new Set();
let reorder = false;

/** Draws a host with the next frame, however many messages came; `moved`: it may stand wrong. */
export function redraw(host, moved = false) {
  if (dirty.size === 0 && !reorder) schedule();
  dirty.add(host);
  reorder ||= moved;
}

/** A page in the background draws nothing, and all at once when it is looked at again. */
function schedule() {
  requestAnimationFrame(() => {
    const settle = isMoving() && Date.now() - arrangeAt > SETTLE_MS;
    const stood = layout;
    if (reorder || settle) arrange();
    // A layout that is new has drawn nothing.
    const drawn = stood === layout ? dirty : hosts.values();
    for (const host of drawn) if (hosts.has(host.info.id)) layout?.draw(host);
    const open = hosts.get(detail.id);
    if (dirty.has(open)) drawDetail(open);
    dirty.clear();
    reorder = false;
  });
}
