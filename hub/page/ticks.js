// What stands at the ticks of the axes, and at the cursor: times as the viewer's place writes them.

import { say, tag } from './words.js';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

const format = (options) => {
  const form = new Intl.DateTimeFormat(tag, options);
  return (time) => form.format(time);
};
const minutes = format({ hour: '2-digit', minute: '2-digit' });
const seconds = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const days = format({ day: 'numeric', month: 'short' });
const months = format({ month: 'short', year: 'numeric' });
const moment = format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const exact = format({
  day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit',
});
const date = format({ day: 'numeric', month: 'short', year: 'numeric' });

/** The texts of ticks `apart` ms from each other: a day's first has its date below. */
export function timeTicks(times, apart) {
  if (apart >= 28 * DAY) return times.map(months);
  if (apart >= DAY) return times.map(days);
  const text = apart < 60 * SECOND ? seconds : minutes;
  return times.map((time, at) => {
    const begins = at > 0 && days(times[at - 1]) !== days(time);
    return begins ? `${text(time)}\n${days(time)}` : text(time);
  });
}

/** The moment under the cursor, as exact as the points are. */
export function momentText(time, stepMs) {
  if (stepMs < 60 * SECOND) return exact(time);
  return stepMs < DAY ? moment(time) : date(time);
}

/** A span of time in words. */
export function spanText(from, to) {
  const short = to - from < HOUR ? exact : moment;
  const text = to - from < 60 * DAY ? short : date;
  return say('{from} to {to}', { from: text(from), to: text(to) });
}
