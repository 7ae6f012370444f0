// What the hub kept: asks /api/history, a few questions at a time, and reads the answers.

import { credentials } from './live.js';
import { seriesName } from './series.js';
import { coarser } from './span.js';
import { say } from './words.js';

const AT_ONCE = 4;

const waiting = [];
let asking = 0;

/**
 * Asks for metrics of a host: `{series: Map of name -> {step, points}, trouble}`, where `trouble`
 * is why there is nothing: '' when all is well, else words. `signal` calls the question off.
 */
export function askPast(id, metrics, { from, to, step }, signal) {
  return new Promise((done) => {
    waiting.push(() => ask(id, metrics, { from, to, step }, signal).then(done));
    next();
  });
}

function next() {
  while (asking < AT_ONCE && waiting.length > 0) {
    asking += 1;
    waiting.shift()().finally(() => { asking -= 1; next(); });
  }
}

const nothing = (trouble) => ({ series: new Map(), trouble });

async function ask(id, metrics, range, signal) {
  if (signal?.aborted) return nothing('');
  try {
    const answer = await fetch(address(id, metrics, range), { headers: credentials(), signal });
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) return { series: read(body, range.step), trouble: '' };
    // More points than one answer holds: a host with many disks.
    const step = coarser(range.step);
    if (answer.status === 400 && step) return ask(id, metrics, { ...range, step }, signal);
    return nothing(refusal(answer.status, body.message));
  } catch (error) {
    return nothing(error.name === 'AbortError' ? '' : say('The hub does not answer.'));
  }
}

function refusal(status, message) {
  if (status === 404) return say('The hub has kept nothing of this host yet.');
  const why = (message ?? say('answer {status}', { status })).replace(/\.$/, '');
  return say('The hub cannot tell what was: {why}.', { why });
}

function address(id, metrics, { from, to, step }) {
  const url = new URL(`api/history/${encodeURIComponent(id)}`, location.href);
  const aligned = Math.floor(from / (step * 1000)) * step * 1000;
  const query = { metric: metrics.join(','), from: aligned, to: Math.ceil(to), step };
  url.search = new URLSearchParams(query);
  return url;
}

function read(body, step) {
  const list = Array.isArray(body) ? body : [body];
  return new Map(list.map((each) => [
    seriesName(each.metric, each.labels), { step: each.step ?? step, points: each.points },
  ]));
}
