// Sparklines of a card: CPU and network over the last ten minutes, drawn while the card is in view.

import { element, shape } from './element.js';
import { hubNow } from './live.js';
import { breaks, joinLine } from './line.js';
import { askPast } from './past.js';
import { recentOf } from './recent.js';
import { say } from './words.js';

const SPAN_MS = 10 * 60_000;
const STEP_S = 10;
const [WIDE, HIGH] = [100, 24];

const sparks = [
  { title: 'CPU', max: 100, lines: [['cpu.usage', '']] },
  { title: 'Network', lines: [['network.rx_speed', 'rx'], ['network.tx_speed', 'tx']] },
];
const asked = sparks.flatMap(({ lines }) => lines.map(([metric]) => metric));

/** One sparkline of those, without a host. */
function newDrawing(spark) {
  const svg = shape('svg', {
    viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: 'none', role: 'img',
    'aria-label': say('{title} over the last ten minutes', { title: say(spark.title) }),
  });
  const paths = spark.lines.map(([, kind]) => [
    shape('path', { class: `area ${kind}` }), shape('path', { class: `line ${kind}` }),
  ]);
  svg.append(...paths.flat());
  return { spark, svg, paths };
}

/** The one of the processor, which a row has room for. */
export const newCpuSpark = () => newDrawing(sparks[0]);

export function newSparks() {
  const drawings = sparks.map(newDrawing);
  const node = element('div', 'sparks', ...drawings.map(({ svg }) => svg));
  return { node, drawings };
}

const hostOf = new WeakMap();   // by the node of its card
const inView = new WeakSet();   // cards
const watch = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const host = hostOf.get(target);
    if (isIntersecting) {
      inView.add(target);
      drawSparks(host);
    } else {
      inView.delete(target);
    }
  }
}, { rootMargin: '100px' });

/** From now on the sparklines of this host are drawn whenever its card is looked at. */
export function watchSparks(host) {
  hostOf.set(host.card.node, host);
  watch.observe(host.card.node);
}

/** Asks for a host's last minutes, once: the rest comes live. */
export async function askSparks(host, then = drawSparks) {
  if (host.past || !host.info.online) return;
  const to = hubNow();
  host.past = { series: new Map(), asked: 0 };
  const { series } = await askPast(host.info.id, asked, { from: to - SPAN_MS, to, step: STEP_S });
  host.past = { series, asked: to };
  then(host);
}

export function drawSparks(host) {
  if (!inView.has(host.card.node)) return;
  askSparks(host);
  host.card.sparks.drawings.forEach((drawing) => drawSpark(host, drawing));
}

/** Draws one sparkline with what is there. */
export function drawSpark(host, { spark: { lines, max }, paths }) {
  const now = hubNow();
  const drawn = lines.map(([metric]) => line(host, metric, now));
  const peak = Math.max(0, ...drawn.flatMap(({ points }) => points.map((point) => point[1])));
  drawn.forEach((each, n) => draw(paths[n], each, now, max ?? (peak || 1)));
}

function line({ past, recent }, metric, now) {
  const kept = past?.series.get(metric) ?? { step: STEP_S, points: [] };
  const { step, points } = joinLine(kept, recentOf(recent, metric), past?.asked ?? 0);
  return { step, points: points.filter(([time]) => time > now - SPAN_MS) };
}

function draw([area, path], line, now, max) {
  const outages = breaks(line);
  const parts = [[]];
  for (const [time, value] of line.points) {
    if (time > outages[0]) { outages.shift(); parts.push([]); }
    const x = WIDE * (1 - (now - time) / SPAN_MS);
    parts.at(-1).push(`${x.toFixed(1)} ${(HIGH - 1 - (value / max) * (HIGH - 2)).toFixed(1)}`);
  }
  const filled = parts.filter((part) => part.length > 0);
  path.setAttribute('d', filled.map((part) => `M${part.join('L')}`).join(''));
  const under = (part) =>
    `M${part.join('L')}L${part.at(-1).split(' ')[0]} ${HIGH}L${part[0].split(' ')[0]} ${HIGH}Z`;
  area.setAttribute('d', filled.map(under).join(''));
}
