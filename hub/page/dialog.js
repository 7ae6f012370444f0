// A dialog of its own, made when it is opened first.

import { $, element } from './element.js';
import { button } from './form.js';
import { nameElement } from './middle.js';
import { say } from './words.js';

function make(id) {
  const node = element('dialog', 'detail');
  node.id = id;
  node.setAttribute('aria-labelledby', `${id}-name`);
  node.addEventListener('click', ({ target }) => {
    if (target === node) node.close();
  });
  // What it asks the hub for again and again ends with it.
  node.addEventListener('close', () => node.replaceChildren());
  document.body.append(node);
  return node;
}

/** Opens the dialog of this id with this in it; answers with it. */
export function openSheet(id, title, ...body) {
  const node = $(id) ?? make(id);
  const close = button('✕', () => node.close());
  close.className = 'close';
  close.setAttribute('aria-label', say('Close'));
  const name = nameElement('div', 'name', title);
  name.id = `${id}-name`;
  const top = element('div', 'sheet-top', element('div', 'head', name, close));
  const sheet = element('div', 'sheet-body', ...body);
  node.replaceChildren(element('div', 'sheet', top, sheet));
  if (!node.open) node.showModal();
  return node;
}
