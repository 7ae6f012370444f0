// The document's title and icon: how much wants attention, and whose page is open.

import { detail } from './detail.js';
import { $ } from './element.js';

let loud = 0;

/** Says how much wants attention. */
export function showCount(count) {
  loud = count;
  showTitle();
  const icon = count > 0 ? `icon-${Math.min(count, 9)}.svg` : 'icon.svg';
  if ($('icon').getAttribute('href') !== icon) $('icon').href = icon;
}

/** Says whose page is open. */
export function showTitle() {
  const { info } = detail.host ?? {};
  const name = info ? `${info.name || info.id} · ` : '';
  const title = `${loud > 0 ? `(${loud}) ` : ''}${name}Kinglet`;
  if (document.title !== title) document.title = title;
}
