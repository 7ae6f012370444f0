// What came live of each host in the last minutes, for charts whose past the hub does not tell yet.

import { chartFigures } from './charts.js';

const KEEP_MS = 10 * 60_000;
const READINGS_MAX = 600;

/** Adds a reading to the list of them, oldest first: {time, values}, time in unix ms. */
export function remember(recent, time, reading) {
  if (recent.at(-1)?.time >= time) return;
  recent.push({ time, values: chartFigures(reading) });
  while (recent.length > READINGS_MAX || recent[0].time < time - KEEP_MS) recent.shift();
}

/** One series of them, as [time, value]. */
export function recentOf(recent, name) {
  const points = [];
  for (const { time, values } of recent) if (name in values) points.push([time, values[name]]);
  return points;
}
