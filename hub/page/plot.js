// One chart of a host's page: its frame and legend, when it asks the hub, and when it draws.

import { dataOf, newCanvas, toneOf } from './canvas.js';
import { hasChart, metricsOf } from './charts.js';
import { element, put } from './element.js';
import { gather } from './gather.js';
import { hubNow } from './live.js';
import { putName } from './middle.js';
import { askPast } from './past.js';
import { readSeries } from './series.js';
import { span, stepFor } from './span.js';
import { momentText } from './ticks.js';
import { say } from './words.js';

const ASK_AGAIN_MS = 5 * 60_000;  // what came live is kept for ten minutes only

export function newPlot(spec) {
  const parts = {
    spec, past: { series: new Map(), asked: 0 }, seen: false, asked: 0, trouble: '',
    value: element('b'), canvas: element('div', 'canvas'), legend: element('div', 'legend'),
    none: element('p', 'none', say('Nothing is known of this time.')),
  };
  parts.canvas.setAttribute('role', 'img');
  parts.canvas.setAttribute('aria-label', say(spec.title));
  const title = element('h3', '', element('span', '', say(spec.title)), parts.value);
  const frame = element('div', 'frame', parts.canvas, parts.none);
  const kind = spec.stacked ? 'chart stacked' : 'chart';
  parts.node = element('section', kind, title, frame, parts.legend);
  parts.node.dataset.chart = spec.title;
  parts.sized = new ResizeObserver(() => resize(parts));
  parts.sized.observe(parts.canvas);
  return parts;
}

/** A plot that is gone: nothing of it may run on. */
export function closePlot(plot) {
  plot.calling?.abort();
  plot.sized.disconnect();
  plot.drawn?.destroy();
}

function resize({ drawn, canvas }) {
  const width = canvas.clientWidth;
  if (drawn && width > 0 && width !== drawn.width) drawn.setSize({ width, height: drawn.height });
}

/** Asks the hub what it kept of the time that is shown; `done` is called when the plot can draw. */
export async function askPlot(plot, host, done) {
  plot.calling?.abort();
  plot.calling = new AbortController();
  const { signal } = plot.calling;
  const { from, to } = span;
  plot.asked = hubNow();
  const step = stepFor(from, to);
  const range = { from, to, step };
  const answer = await askPast(host.info.id, metricsOf(plot.spec), range, signal);
  if (signal.aborted) return;
  plot.trouble = answer.trouble;
  if (!answer.trouble) plot.past = { series: answer.series, asked: to };
  done();
}

/** Whether it is time to ask: never did, or so long ago that the live figures do not reach back. */
export function wantsAnswer({ asked }) {
  return asked === 0 || (span.range !== null && hubNow() - asked > ASK_AGAIN_MS);
}

/** Draws it anew from the beginning: its colours are others. */
export function redrawPlot(plot, host) {
  plot.kind = '';
  drawPlot(plot, host);
}

export function drawPlot(plot, host) {
  const { spec } = plot;
  plot.node.hidden = !hasChart(spec, host.metrics);
  if (plot.node.hidden || !plot.seen) return;
  const [full] = spec.full && host.metrics ? readSeries(host.metrics, spec.full) : [];
  const max = spec.max ?? (spec.stacked ? full?.[1] : undefined);
  const drawing = gather(spec, plot.past, host, span.to);
  plot.drawing = drawing;
  const names = drawing.lines.map(({ name }) => name);
  const kind = [...names, drawing.bands, !!drawing.peak, max].join();
  if (plot.kind !== kind) {
    plot.kind = kind;
    plot.drawn?.destroy();
    plot.drawn = newCanvas(plot.canvas, { ...spec, max }, drawing, (at) => tell(plot, at));
    plot.keys = newKeys(plot);
  } else {
    plot.drawn.setData(dataOf(drawing));
  }
  plot.none.hidden = drawing.times.some((time) => time >= span.from && time <= span.to);
  tell(plot, plot.drawn.cursor.idx ?? null);
  label(plot, host, full?.[1]);
}

/** The legend: a swatch, a name and a value for each line. */
function newKeys(plot) {
  const { lines, peak } = plot.drawing;
  const all = [...lines, ...(peak ? [{ words: say('highest'), tone: 'soft' }] : [])];
  const keys = all.map((line, at) => {
    const [swatch, value] = [element('i', at === lines.length ? 'thin' : ''), element('b')];
    const name = element('span');
    putName(name, line.words);
    swatch.style.setProperty('--tone', `var(--${toneOf(line, at)})`);
    const node = element('span', 'key', swatch, name, value);
    node.title = line.words;
    return { node, value };
  });
  plot.legend.replaceChildren(...keys.map(({ node }) => node));
  return keys;
}

/** The nearest value at or before a row; of a row without one where nothing was. */
function valueAt(column, at) {
  const place = at ?? column.length - 1;
  for (let back = 0; back < 4 && place - back >= 0; back += 1) {
    const value = column[place - back];
    if (value !== undefined) return value ?? NaN;
  }
  return NaN;
}

/** Says the values of a row, or the newest: in the legend, and when that was. */
function tell(plot, at) {
  const { spec, drawing, keys, headline } = plot;
  if (!keys) return;
  drawing.rows.forEach(({ mean, min, max }, nth) => {
    const [low, high] = [valueAt(min, at), valueAt(max, at)];
    const reach = at !== null && drawing.bands && low !== high;
    const text = spec.unit(valueAt(mean, at));
    put(keys[nth].value, reach ? `${text} (${spec.unit(low)} – ${spec.unit(high)})` : text);
  });
  if (drawing.peak) put(keys.at(-1).value, spec.unit(valueAt(drawing.peak, at)));
  const when = at === null ? undefined : drawing.times[at];
  plot.node.classList.toggle('pointed', when !== undefined);
  const step = drawing.coarse ? 60_000 : 1000;
  put(plot.value, when === undefined ? headline ?? '' : momentText(when, step));
}

/** The least, the mean and the most of a line over the time that is shown. */
function reachText({ unit }, { mean, min, max }) {
  let [least, most, sum, number] = [Infinity, -Infinity, 0, 0];
  for (let at = 0; at < mean.length; at += 1) {
    if (!Number.isFinite(mean[at])) continue;
    least = Math.min(least, min?.[at] ?? mean[at]);
    most = Math.max(most, max?.[at] ?? mean[at]);
    sum += mean[at];
    number += 1;
  }
  if (number === 0) return '';
  const values = { least: unit(least), mean: unit(sum / number), most: unit(most) };
  return say(' (min {least}, mean {mean}, max {most})', values);
}

/** The headline beside the title, of now, and the chart in words for those who do not see it. */
function label(plot, host, full) {
  const { spec, drawing, drawn } = plot;
  const [head] = spec.head && host.metrics && span.range ? readSeries(host.metrics, spec.head) : [];
  const text = head ? spec.unit(head[1]) : '';
  plot.headline = text && full > 0
    ? say('{used} of {total}', { used: text, total: spec.unit(full) }) : text;
  if (drawn.cursor.idx == null) put(plot.value, plot.headline);
  const values = drawing.lines.map(({ words }, at) => {
    const value = spec.unit(valueAt(drawing.rows[at].mean, null));
    return `${words} ${value}${reachText(spec, drawing.rows[at])}`;
  });
  const title = say(spec.title);
  const told = say('{title} over time; last: {values}', { title, values: values.join(', ') });
  if (plot.canvas.getAttribute('aria-label') !== told) plot.canvas.setAttribute('aria-label', told);
}
