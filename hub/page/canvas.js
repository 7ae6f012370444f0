// How uPlot draws a chart: its scales, axes, lines, bands and cursor.

import { dragAlong, listen } from './gesture.js';
import { reset, span, zoomTo } from './span.js';
import { timeTicks } from './ticks.js';

const HEIGHT = 172;
const MINUTES = [1, 2, 5, 10, 15, 30].map((n) => n * 60_000);
const SECONDS = [1, 2, 5, 10, 15, 30].map((n) => n * 1000);
const HOURS = [1, 2, 3, 4, 6, 12].map((n) => n * 3_600_000);
// From 30 on, uPlot takes them for months.
const DAYS = [1, 2, 3, 5, 7, 10, 15, 30, 60, 90, 180, 365].map((n) => n * 86_400_000);
const WHOLE = [1, 2, 5, 10, 20, 50, 100];
const POWERS_OF_2 = Array.from({ length: 60 }, (_, n) => 2 ** n);

const tones = new Map();        // the style's colours, read once for each scheme

const forced = matchMedia('(forced-colors: active)');

/** What a name of the style is, also where it is one of the system's, as `rgb(r, g, b)`. */
function resolved(name) {
  const node = document.createElement('i');
  node.style.cssText = `color: var(--${name}); forced-color-adjust: none`;
  document.body.append(node);
  const { color } = getComputedStyle(node);
  node.remove();
  return color;
}

export function tone(name) {
  if (!tones.has(name)) tones.set(name, resolved(name));
  return tones.get(name);
}

/** The same, seen through; `alpha` from 0 to 1. */
const shade = (name, alpha) => tone(name).replace('rgb(', 'rgba(').replace(')', `, ${alpha})`);

/** Calls `redraw` when the page's colours change; a canvas does not follow the style itself. */
export function onScheme(redraw) {
  const again = () => {
    tones.clear();
    redraw();
  };
  new MutationObserver(again)
    .observe(document.documentElement, { attributeFilter: ['data-theme'] });
  forced.addEventListener('change', again);
}

/** How lines differ where colours are few: as `colours.css` has it for their legend. */
const DASHES = [[], [9, 4], [2, 3]];
const dashOf = (at) => (forced.matches ? { dash: DASHES[at % DASHES.length] } : {});

/** The tone of the nth line. */
export const toneOf = ({ tone: own }, at) => own ?? `line-${at + 1}`;

/** The range of the values: from zero, or around what floats, and never without a height. */
function range({ max, floating }, low, high) {
  if (max) return [0, max];
  if (floating) {
    const room = Math.max(2, (high - low) * 0.15);
    return low === null ? [0, 1] : [low - room, high + room];
  }
  return [0, Math.max(1, (high ?? 0) * 1.08)];
}

/** Ticks are at round values: no zeros at the end of decimals. */
const short = (text) => text.replace(/\.?0+(?=\D*$)/, (zeros, at) => (
  text.slice(0, at).includes('.') || zeros.startsWith('.') ? '' : zeros
));

function axes({ unit, binary, floating }) {
  const font = '11px system-ui, sans-serif';
  const grid = { stroke: () => tone('line'), width: 1 };
  const ticks = { show: false };
  const stroke = () => tone('soft');
  return [
    {
      font, grid: { ...grid, show: false }, ticks: { ...grid, size: 4 }, stroke, gap: 3, space: 62,
      size: (_, texts) => (texts?.some((text) => text.includes('\n')) ? 36 : 24),
      incrs: [...SECONDS, ...MINUTES, ...HOURS, ...DAYS],
      values: (_, times, __, ___, apart) => timeTicks(times, apart),
    },
    {
      font, grid, ticks, stroke, size: 58, gap: 4, space: 30,
      ...(binary ? { incrs: POWERS_OF_2 } : {}), ...(floating ? { incrs: WHOLE } : {}),
      values: (_, values) => values.map((value) => short(unit(value))),
    },
  ];
}

const quiet = { points: { show: () => false } };

/** The lines of a stack, each filled down to the one below. */
function stacked({ lines, peak }) {
  const series = lines.map((line, at) => {
    const color = toneOf(line, at);
    const fill = () => shade(color, 0.6);
    return { ...quiet, stroke: () => tone(color), width: 1, ...(at === 0 ? { fill } : {}) };
  });
  const bands = lines.slice(1).map((line, at) => (
    { series: [at + 2, at + 1], fill: () => shade(toneOf(line, at + 1), 0.6) }
  ));
  if (peak) series.push({ ...quiet, stroke: () => tone('soft'), width: 1 });
  return { series, bands };
}

/** Lines beside each other, each with the band from its lowest to its highest behind it. */
function beside({ lines, bands: banded }, floating) {
  const alone = lines.length === 1 && !banded && !floating;
  const series = lines.map((line, at) => ({
    ...quiet, stroke: () => tone(toneOf(line, at)), width: 1.5, ...dashOf(at),
    ...(alone ? { fill: () => shade(toneOf(line, at), 0.13) } : {}),
  }));
  const bands = [];
  if (banded) {
    lines.forEach((line, at) => {
      const edge = { ...quiet, stroke: 'transparent', width: 0 };
      series.push(edge, edge);
      bands.push({
        series: [series.length - 1, series.length], fill: () => shade(toneOf(line, at), 0.22),
      });
    });
  }
  return { series, bands };
}

const columnsOf = ({ rows, tops, peak, bands }) => [
  ...tops, ...(peak ? [peak] : []), ...(bands ? rows.flatMap(({ max, min }) => [max, min]) : []),
];

/** What uPlot takes as data. */
export const dataOf = (drawing) => [drawing.times, ...columnsOf(drawing)];

const pointed = (type) => type === 'mousemove' || type === 'mouseleave';

/** Draws into `node`; `pointAt` is called with the row under the cursor, null for none. */
export function newCanvas(node, spec, drawing, pointAt) {
  const { series, bands } = (spec.stacked ? stacked : beside)(drawing, spec.floating);
  const chosen = (plot) => {
    const { left, width } = plot.select;
    plot.setSelect({ left: 0, width: 0 }, false);
    if (width > 4) zoomTo(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
  };
  const press = (plot, _, handle) => (event) => (
    event.shiftKey ? dragAlong(plot.over, event) : handle(event)
  );
  return new uPlot({
    width: node.clientWidth, height: HEIGHT, ms: 1, padding: [8, 6, 0, 0],
    series: [{}, ...series], bands, axes: axes(spec), legend: { show: false },
    scales: {
      x: { time: true, range: () => [span.from, span.to] },
      y: { range: (_, low, high) => range(spec, low, high) },
    },
    cursor: {
      y: false, points: { size: 6 }, drag: { x: true, y: false, setScale: false },
      sync: { key: 'host', filters: { pub: pointed, sub: pointed } },
      bind: { mousedown: press, dblclick: () => reset },
    },
    hooks: {
      setSelect: [chosen], setCursor: [(plot) => pointAt(plot.cursor.idx ?? null)],
      ready: [(plot) => listen(plot.over)],
    },
  }, dataOf(drawing), node);
}
