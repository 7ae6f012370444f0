// Lines: what the hub kept of a series and what came live since, as one; where it is broken; and
// lines beside each other in the columns that the plot draws.

/** Two points this many times further apart than usual have an outage between them. */
const BREAK = 2.5;

/**
 * One line: `kept` is the hub's answer, {step, points}, or nothing; `live` are [time, value] that
 * came here, in order; what is kept is complete up to `asked`. Times are unix ms, steps seconds.
 */
export function joinLine(kept, live, asked) {
  const step = (kept?.step || 1) * 1000;
  const points = (kept?.points ?? []).map((point) => [...point]);
  const last = points.at(-1)?.[0];
  let heard = last === undefined ? 0 : Math.min(asked, last + step);
  for (const [time, value] of live) {
    if (time < heard) continue;
    grow(points, Math.floor(time / step) * step, time, value, heard);
    heard = time;
  }
  return { step, points };
}

/** Takes a value in: a point of its own, or its share in time of the point it falls into. */
function grow(points, bucket, time, value, heard) {
  const point = points.at(-1);
  if (point?.[0] !== bucket) {
    if (!point || point[0] < bucket) points.push([bucket, value, value, value]);
    return;
  }
  const share = time > bucket ? Math.min(1, (time - Math.max(heard, bucket)) / (time - bucket)) : 1;
  point[1] += (value - point[1]) * share;
  point[2] = Math.min(point[2], value);
  point[3] = Math.max(point[3], value);
}

/** How far the points of a line are usually apart, ms: the median, and never under a step. */
export function spacing({ step, points }) {
  const apart = points.slice(1).map((point, at) => point[0] - points[at][0]);
  apart.sort((a, b) => a - b);
  return Math.max(step, apart[Math.floor(apart.length / 2)] ?? 0);
}

/**
 * The moments at which a line is broken: one in each outage. Where its neighbours are as far apart
 * there is none, for of the far past the hub keeps fewer points.
 */
export function breaks(line) {
  const usual = spacing(line);
  const apart = line.points.slice(1).map((point, at) => point[0] - line.points[at][0]);
  const found = [];
  apart.forEach((gap, at) => {
    const around = Math.min(apart[at - 1] ?? usual, apart[at + 1] ?? usual);
    if (gap > BREAK * Math.max(usual, around)) found.push(line.points[at][0] + usual);
  });
  return found;
}

/**
 * Lines beside each other: `times`, and for each line its columns mean, min and max. A line that
 * has nothing at a time another has is undefined there, and null where it is broken.
 */
export function columns(lines) {
  const broken = lines.map(breaks);
  const all = lines.flatMap((line, at) => [...line.points.map((point) => point[0]), ...broken[at]]);
  const times = [...new Set(all)].sort((a, b) => a - b);
  const row = new Map(times.map((time, at) => [time, at]));
  const rows = lines.map((line, at) => {
    const column = (place) => {
      const values = new Array(times.length);
      for (const time of broken[at]) values[row.get(time)] = null;
      for (const point of line.points) values[row.get(point[0])] = point[place];
      return values;
    };
    return { mean: column(1), min: column(2), max: column(3) };
  });
  return { times, rows };
}

/** Each column on top of those before it; a row where nothing is stays as it is. */
export function stack(means) {
  const sums = [];
  for (const mean of means) {
    const below = sums.at(-1);
    sums.push(mean.map((value, at) => {
      const under = below?.[at];
      if (value != null || under != null) return (value ?? 0) + (under ?? 0);
      return value === null || under === null ? null : undefined;
    }));
  }
  return sums;
}
