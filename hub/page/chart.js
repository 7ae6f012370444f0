// The small charts of the details: what each shows, and how its lines are drawn.

import { element, put, shape } from './element.js';
import { duration, load, percent, rate } from './units.js';

export const chartSpecs = [
  { title: 'CPU', keys: ['cpu'], max: 100, text: (p) => percent(p.cpu) },
  { title: 'Memory', keys: ['memory'], max: 100, text: (p) => percent(p.memory) },
  {
    title: 'Network', keys: ['rx', 'tx'], text: (p) => `↓ ${rate(p.rx)}  ↑ ${rate(p.tx)}`,
    scale: rate,
  },
  { title: 'Load', keys: ['load'], text: (p) => load(p.load), scale: (v) => v.toFixed(1) },
];

export function newChart(spec) {
  const value = element('b');
  const svg = shape('svg', {
    viewBox: '0 0 100 100', preserveAspectRatio: 'none', role: 'img',
    'aria-label': `${spec.title} over the last minutes`,
  });
  for (const y of [0, 50, 100]) {
    svg.append(shape('line', { class: 'grid', x1: 0, x2: 100, y1: y, y2: y }));
  }
  const lines = spec.keys.map((key) => {
    const area = shape('path', { class: `area ${key}` });
    const line = shape('path', { class: `line ${key}` });
    svg.append(area, line);
    return { key, area, line };
  });
  const [from, top] = [element('span'), element('span')];
  const title = element('h3', '', element('span', '', spec.title), value);
  const axis = element('div', 'axis', from, top, element('span', '', 'now'));
  return { node: element('div', 'chart', title, svg, axis), spec, value, lines, from, top };
}

/** Draws `history`, a list of figures with their time, the newest at the right edge. */
export function drawChart({ spec, value, lines, from, top }, history) {
  const last = history.at(-1) ?? {};
  put(value, spec.text(last));
  const end = last.time ?? Date.now();
  const span = Math.max(60_000, end - (history[0]?.time ?? end));
  const numbers = history.flatMap((point) => spec.keys.map((key) => point[key] ?? 0));
  const peak = Math.max(0, ...numbers);
  const max = spec.max ?? (peak * 1.15 || 1);
  put(from, `${duration(span / 1000)} ago`);
  put(top, spec.scale ? `peak ${spec.scale(peak)}` : `peak ${percent(peak)}`);
  for (const { key, area, line } of lines) {
    const at = history.filter((point) => Number.isFinite(point[key])).map((point) => {
      const [x, y] = [100 - ((end - point.time) / span) * 100, 100 - (point[key] / max) * 100];
      return [x.toFixed(2), y.toFixed(2)];
    });
    const path = at.map(([x, y], index) => `${index ? 'L' : 'M'}${x} ${y}`).join('');
    line.setAttribute('d', path);
    const under = at.length > 1 ? `${path}L${at.at(-1)[0]} 100L${at[0][0]} 100Z` : '';
    area.setAttribute('d', under);
  }
}
