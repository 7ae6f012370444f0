// Mouse, wheel and fingers on a plot: what they do to the span of time.
//
// Dragging with the mouse chooses a span, which uPlot draws; the rest is here.

import { pan, span, zoomBy, zoomTo } from './span.js';

const ZOOM_OF_WHEEL = 1.0015;   // a notch of 100 zooms by a seventh

const within = (node, x) => {
  const { left, width } = node.getBoundingClientRect();
  return Math.min(1, Math.max(0, (x - left) / width));
};

export function listen(over) {
  over.addEventListener('wheel', (event) => wheel(over, event), { passive: false });
  for (const name of ['touchstart', 'touchmove', 'touchend', 'touchcancel']) {
    over.addEventListener(name, (event) => touch(over, event), { passive: false });
  }
}

/** Sideways moves; up and down zooms with a key held, and scrolls the page without. */
function wheel(over, event) {
  const { deltaX, deltaY } = event;
  if (event.ctrlKey || event.metaKey) zoomBy(ZOOM_OF_WHEEL ** deltaY, within(over, event.clientX));
  else if (Math.abs(deltaX) > Math.abs(deltaY)) pan(deltaX / over.clientWidth);
  else return;
  event.preventDefault();
}

/** The mouse with Shift takes the span along. */
export function dragAlong(over, pressed) {
  const [from, to] = [span.from, span.to];
  const move = (event) => {
    const by = ((pressed.clientX - event.clientX) / over.clientWidth) * (to - from);
    zoomTo(from + by, to + by);
  };
  const end = () => {
    removeEventListener('mousemove', move);
    removeEventListener('mouseup', end);
  };
  addEventListener('mousemove', move);
  addEventListener('mouseup', end);
}

let held = null;                // where the fingers began, and what was shown then

const places = (over, { touches }) => [...touches].slice(0, 2).map((each) => (
  within(over, each.clientX)
));

/** Whether one finger goes up or down: that is the page's to scroll, from then on. */
function scrolls({ touches }) {
  const [{ clientX, clientY }] = touches;
  const [wide, high] = [Math.abs(clientX - held.x), Math.abs(clientY - held.y)];
  held.scrolls ??= touches.length === 1 && wide + high > 0 ? high > wide : undefined;
  return held.scrolls;
}

/** One finger sideways moves, two zoom. */
function touch(over, event) {
  const now = places(over, event);
  if (event.type !== 'touchmove' || now.length !== held?.places.length) {
    const { clientX: x, clientY: y } = event.touches[0] ?? {};
    held = { places: now, from: span.from, to: span.to, x, y };
    return;
  }
  if (scrolls(event)) return;
  if (event.cancelable) event.preventDefault();
  const wide = held.to - held.from;
  const moment = held.places.map((place) => held.from + place * wide);
  const [a, b] = now;
  const apart = Math.max(0.02, Math.abs((b ?? 0) - a));
  const width = now.length === 1 ? wide : Math.abs(moment[1] - moment[0]) / apart;
  const from = moment[0] - a * width;
  zoomTo(from, from + width);
}
