// Hosts as cards, in groups: small groups share a row, and each can be folded.

import { isLoud } from './attention.js';
import { drawCard } from './card.js';
import { $, element, place, put } from './element.js';
import { byName } from './order.js';
import { note, view } from './view.js';
import { say } from './words.js';

const LEAST_WIDE = 310;         // of a card, as the style has it
const GAP = 14;

let sections = new Map();       // by the group's name
let columns = 1;

function grouped(list) {
  const groups = new Map();
  for (const host of list) {
    const name = host.info.group ?? '';
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(host);
  }
  const order = (a, b) => (a[0] === '') - (b[0] === '') || byName(a[0], b[0]);
  return [...groups].sort(order);
}

function newSection(name) {
  const label = element('span');
  const button = element('button', 'fold', label, element('small'));
  button.type = 'button';
  button.addEventListener('click', () => fold(name));
  const title = element('h2', '', button);
  const node = element('section', 'group', title, element('div', 'cards'));
  node.dataset.group = name;
  return node;
}

function fold(name) {
  const isFolded = view.fold.includes(name);
  view.fold = isFolded ? view.fold.filter((each) => each !== name) : [...view.fold, name];
  note();
  cards.folded();
}

function drawSection(section, name, members, isAlone) {
  const [title, list] = section.children;
  const [button] = title.children;
  const isFolded = !isAlone && view.fold.includes(name);
  title.hidden = isAlone;
  put(button.firstChild, name || say('Other'));
  const online = members.filter((host) => host.info.online).length;
  put(button.lastChild, say('{n} of {all}', { n: online, all: members.length }));
  button.setAttribute('aria-expanded', String(!isFolded));
  section.classList.toggle('loud', members.some((host) => isLoud(host.info.id)));
  section.dataset.size = isFolded ? 1 : members.length;
  spread(section);
  list.hidden = isFolded;
  const unseen = isFolded ? [] : members.filter(({ card }) => !card.node.isConnected);
  place(list, isFolded ? [] : members.map((host) => host.card.node));
  unseen.forEach(drawCard);
}

/** As many columns of the page as it has cards for. */
function spread(section) {
  section.style.gridColumn = `span ${Math.max(1, Math.min(columns, section.dataset.size))}`;
}

new ResizeObserver(([{ contentRect }]) => {
  columns = Math.max(1, Math.floor((contentRect.width + GAP) / (LEAST_WIDE + GAP)));
  for (const section of sections.values()) spread(section);
}).observe($('groups'));

export const cards = {
  /** Called when the viewer has folded a group, or unfolded it. */
  folded: () => {},

  show(list) {
    const groups = grouped(list);
    const isAlone = groups.length === 1 && groups[0][0] === '';
    const old = sections;
    sections = new Map(groups.map(([name]) => [name, old.get(name) ?? newSection(name)]));
    place($('groups'), [...sections.values()]);
    for (const [name, members] of groups) {
      drawSection(sections.get(name), name, members, isAlone);
    }
  },

  draw(host) {
    if (!view.fold.includes(host.info.group ?? '') || host.card.node.isConnected) drawCard(host);
  },

  leave() {
    sections = new Map();
    $('groups').replaceChildren();
  },
};
