// What came live of each host in the last minutes, for charts whose past the hub does not tell yet.

import { chartFigures } from './charts.js';

const KEEP_MS = 10 * 60_000;
const READINGS_MAX = 600;
const SPARSE_MS = 5000;
const SPARSE = ['cpu.usage', 'network.rx_speed', 'network.tx_speed'];

/**
 * Where there are `many` hosts only what sparklines need is kept of each, but for the one that is
 * looked at (`whole`, its list): all figures of a thousand hosts would take a gigabyte.
 */
export const keeping = { many: false, whole: null };

/** Adds a reading to the list of them, oldest first: {time, values}, time in unix ms. */
export function remember(recent, time, reading) {
  if (recent.at(-1)?.time >= time) return;
  const isSparse = keeping.many && keeping.whole !== recent;
  // The newest takes the place of one that is close behind the one before it.
  if (isSparse && time - recent.at(-2)?.time < SPARSE_MS) recent.pop();
  recent.push({ time, values: isSparse ? sparse(reading) : chartFigures(reading) });
  while (recent.length > READINGS_MAX || recent[0].time < time - KEEP_MS) recent.shift();
}

function sparse({ cpu, network }) {
  const values = [cpu?.usage, network?.rx_speed, network?.tx_speed];
  const there = SPARSE.map((name, at) => [name, values[at]]);
  return Object.fromEntries(there.filter(([, value]) => Number.isFinite(value)));
}

/** One series of them, as [time, value]. */
export function recentOf(recent, name) {
  const points = [];
  for (const { time, values } of recent) if (name in values) points.push([time, values[name]]);
  return points;
}
