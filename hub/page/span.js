// The span of time that all charts show: the ranges, zoom and pan, and the step that fits it.

import { say } from './words.js';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

export const ranges = [
  ['10m', say('{n} min', { n: 10 }), 10 * MINUTE], ['1h', say('{n} h', { n: 1 }), 60 * MINUTE],
  ['24h', say('{n} h', { n: 24 }), DAY], ['7d', say('{n} d', { n: 7 }), 7 * DAY],
  ['30d', say('{n} d', { n: 30 }), 30 * DAY], ['1y', say('{n} y', { n: 1 }), 365 * DAY],
];

const STEPS_S = [10, 30, 60, 120, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];
const AS_IT_CAME_S = 1;
const AS_IT_CAME_MS = 10 * MINUTE;  // so short a time is shown by each reading
const POINTS_MAX = 400;         // of one line: about as many as a chart has columns of pixels
const SHORTEST = MINUTE / 2;
const LONGEST = 2 * 365 * DAY;

/**
 * What is shown, unix ms. `range` is the one that moves on with the time; null while the viewer
 * looks elsewhere. `changed` is called when the viewer chose another.
 */
export const span = { range: '1h', from: 0, to: 0, changed: () => {} };
let chosen = '1h';              // where a reset leads back to
let latest = Date.now;

const length = (name) => ranges.find(([id]) => id === name)[2];

/** Seconds that one point stands for when so long a time is shown. */
export function stepFor(from, to) {
  if (to - from <= AS_IT_CAME_MS) return AS_IT_CAME_S;
  return STEPS_S.find((step) => (to - from) / (step * 1000) <= POINTS_MAX) ?? STEPS_S.at(-1);
}

/** The next step that asks for fewer points; undefined for the last. */
export const coarser = (step) => STEPS_S.find((each) => each > step);

/** `end` says up to when there is something to see: now, or when a dead host was last heard of. */
export function follow(end = latest) {
  latest = end;
  if (!span.range) return;
  span.to = latest();
  span.from = span.to - length(span.range);
}

export function setRange(name) {
  span.range = name;
  chosen = name;
  follow();
  span.changed();
}

export const reset = () => setRange(chosen);

/** Shows this time and no other. */
export function zoomTo(from, to) {
  const wide = Math.min(LONGEST, Math.max(SHORTEST, to - from));
  const middle = (from + to) / 2;
  span.range = null;
  span.to = Math.min(latest(), middle + wide / 2);
  span.from = span.to - wide;
  span.changed();
}

/** Zooms by a factor, under 1 for closer; `at`, a share of the width, stays where it is. */
export function zoomBy(factor, at = 0.5) {
  const wide = span.to - span.from;
  const fixed = span.from + wide * at;
  zoomTo(fixed - wide * factor * at, fixed + wide * factor * (1 - at));
}

/** Moves by a share of the width, under 0 for back in time. */
export function pan(share) {
  const by = (span.to - span.from) * share;
  zoomTo(span.from + by, span.to + by);
}
