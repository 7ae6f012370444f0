// What one chart draws: its lines, out of what the hub kept and what came live, as columns.

import { columns, joinLine, stack } from './line.js';
import { recentOf } from './recent.js';
import { labelOf, readSeries, seriesName } from './series.js';
import { say } from './words.js';

const LINES_MAX = 8;            // more cannot be told apart
const BANDS_MAX = 3;            // more bands hide each other
const COARSE_MS = 60_000;       // a point of this long has a lowest and a highest worth drawing

/** Which lines there are: {name, words, tone}; those of a reading first, in its order. */
function found(spec, past, host) {
  const newest = host.recent.at(-1)?.values ?? {};
  const reading = host.metrics ? (metric) => readSeries(host.metrics, metric) : () => [];
  const list = spec.lines.flatMap(([metric, words, tone]) => {
    const kept = [...past.series.keys(), ...Object.keys(newest)];
    const names = [...reading(metric).map(([name]) => name), ...kept.filter(isOf(metric))];
    return [...new Set(names)].map((name) => (
      { name, words: `${labelOf(metric, name)} ${words}`.trim() || metric, tone }
    ));
  });
  const some = list.filter(({ name }) => has(name, past, host));
  if (some.length > 0 || !spec.else) return some.slice(0, LINES_MAX);
  return [{ name: spec.else, words: say('in use') }].filter(({ name }) => has(name, past, host));
}

const isOf = (metric) => (name) => seriesName(metric, [labelOf(metric, name)]) === name;

function has(name, past, { recent }) {
  return past.series.get(name)?.points.length > 0 || recent.some(({ values }) => name in values);
}

/**
 * Everything to draw of a chart: `lines`, the columns `times`, and for each line `rows` (what it
 * is) and `tops` (where it is drawn); `bands` where low and high are drawn; `peak` the highest of
 * a stack. `past` is {series, asked}.
 */
export function gather(spec, past, host, until) {
  const join = (name) => {
    const live = recentOf(host.recent, name).filter(([time]) => time <= until);
    return joinLine(past.series.get(name), live, past.asked);
  };
  const lines = found(spec, past, host);
  const joined = lines.map(({ name }) => share(spec, name, join(name), host));
  const coarse = joined.some(({ step }) => step >= COARSE_MS);
  const highest = spec.stacked && spec.head && coarse ? [join(spec.head)] : [];
  const { times, rows } = columns([...joined, ...highest]);
  const peak = highest.length > 0 ? rows.pop().max : null;
  const means = rows.map(({ mean }) => mean);
  return {
    lines, times, rows, peak, coarse,
    tops: spec.stacked ? stack(means) : means,
    bands: coarse && !spec.stacked && lines.length <= BANDS_MAX,
  };
}

/** A count as a share of what there is, for a chart that says so. */
function share(spec, name, line, host) {
  if (!spec.share) return line;
  const [used, all] = spec.share;
  const whole = host.metrics ? readSeries(host.metrics, all) : [];
  const total = whole.find(([each]) => labelOf(all, each) === labelOf(used, name))?.[1];
  const part = ([time, ...values]) => [time, ...values.map((value) => (value / total) * 100)];
  return { ...line, points: total > 0 ? line.points.map(part) : [] };
}
