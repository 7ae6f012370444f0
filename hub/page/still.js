// Whether the list has to hold still: what is pointed at or has the focus must not move away.

import { $ } from './element.js';

let isOver = false;

const ONE = '.tbody .tr, .card';

export const isHeld = () => isOver || Boolean(document.activeElement?.closest(ONE));

/** `released` is called when hosts may move again. */
export function watchStill(released) {
  const list = $('groups');
  // A finger leaves no pointer behind.
  list.addEventListener('pointerover', ({ target, pointerType }) => {
    isOver = pointerType !== 'touch' && Boolean(target.closest(ONE));
  });
  list.addEventListener('pointerleave', () => {
    isOver = false;
    released();
  });
  list.addEventListener('focusout', () => setTimeout(released));
}
