// The page of one host, in a dialog: its charts over a span of time, and what it says of itself.

import { onScheme } from './canvas.js';
import { heading, setHeading } from './card.js';
import { charts } from './charts.js';
import { openEditHost } from './edit-host.js';
import { $, element, put } from './element.js';
import { blocks } from './facts.js';
import { hubNow } from './live.js';
import { askPlot, closePlot, drawPlot, newPlot, redrawPlot, wantsAnswer } from './plot.js';
import { follow, reset, span } from './span.js';
import { spanText } from './ticks.js';
import { timeline } from './timeline.js';
import { drawTools, keyPressed, newTools } from './tools.js';
import { watch } from './watch.js';
import { say } from './words.js';

const MOVE_MS = 5000;           // how often the time axis moves on when no reading comes
const SETTLE_MS = 250;          // a viewer who zooms is asked for what he wants when he is done

/**
 * The host in the dialog and the parts it is drawn in; null while the dialog is closed. `changed`
 * is called when it opens, closes or shows another time.
 */
export const detail = { id: null, host: null, parts: null, changed: () => {} };

export function openDetail(host) {
  follow(() => newest(host));
  reset();
  Object.assign(detail, { id: host.info.id, host, parts: newDetail(host.info.id) });
  watch({ detail: host.info.id });
  $('detail').replaceChildren(detail.parts.node);
  $('detail').showModal();
  drawDetail(host);
  detail.changed();
  for (const plot of detail.parts.plots) detail.parts.watch.observe(plot.node);
}

/** Where the time axis ends: now, or when a host that is gone was last heard of. */
function newest({ info }) {
  return info.online || !info.last_seen ? hubNow() : Date.parse(info.last_seen);
}

$('detail').addEventListener('close', () => {
  const { id } = detail;
  detail.parts.plots.forEach(closePlot);
  detail.parts.watch.disconnect();
  Object.assign(detail, { id: null, host: null, parts: null });
  watch({ detail: null });
  $('detail').replaceChildren();
  detail.changed();
  focusAgain(id);
});
$('detail').addEventListener('click', ({ target }) => {
  if (target === $('detail')) $('detail').close();
});
$('detail').addEventListener('keydown', (event) => keyPressed(event));

/** What opened it may be drawn anew meanwhile: then the host has the focus wherever it stands. */
function focusAgain(id) {
  if (document.activeElement !== document.body) return;
  const node = document.querySelector(`#groups [data-id="${CSS.escape(id)}"]`);
  (node?.querySelector('.open') ?? node)?.focus();
}

function newDetail(id) {
  const parts = {
    heading: heading(), plots: charts.map(newPlot), tools: newTools(),
    body: element('div', 'sheet-body'),
    past: element('section', 'block', element('h3', '', say('Timeline')), timeline(id)),
  };
  parts.heading.name.id = 'detail-name';
  const close = element('button', 'close', '✕');
  close.type = 'button';
  close.setAttribute('aria-label', say('Close'));
  close.addEventListener('click', () => $('detail').close());
  parts.heading.node.append(close);
  const edit = element('button', 'show edit for-owners', say('Edit'));
  edit.type = 'button';
  edit.addEventListener('click', () => openEditHost(id));
  parts.tools.node.append(edit);
  parts.watch = new IntersectionObserver((entries) => look(parts, entries));
  const top = element('div', 'sheet-top', parts.heading.node, parts.tools.node);
  parts.node = element('div', 'sheet', top, parts.tools.note,
    element('div', 'charts', ...parts.plots.map(({ node }) => node)), parts.body,
    element('div', 'sheet-body', parts.past));
  return parts;
}

/** A chart asks and draws while it is looked at. */
function look({ plots }, entries) {
  for (const { target, isIntersecting } of entries) {
    const plot = plots.find(({ node }) => node === target);
    plot.seen = isIntersecting;
    if (!isIntersecting || !detail.host) continue;
    if (wantsAnswer(plot)) ask(plot);
    drawPlot(plot, detail.host);
  }
}

function ask(plot) {
  const { host } = detail;
  askPlot(plot, host, () => {
    if (detail.host !== host) return;
    drawPlot(plot, host);
    drawNote();
  });
}

/** Every chart has to ask again: now those that are looked at, the others when they are. */
export function askAgain() {
  for (const plot of detail.parts?.plots ?? []) {
    plot.asked = 0;
    if (plot.seen) ask(plot);
  }
}

let settled = 0;
span.changed = () => {
  if (!detail.host) return;
  drawDetail(detail.host);
  detail.changed();
  clearTimeout(settled);
  settled = setTimeout(askAgain, SETTLE_MS);
};
onScheme(() => {
  for (const plot of detail.parts?.plots ?? []) redrawPlot(plot, detail.host);
});
setInterval(() => { if (detail.host?.info.online) drawDetail(detail.host); }, MOVE_MS);

export function drawDetail(host) {
  const { parts } = detail;
  follow();
  setHeading(parts.heading, host);
  parts.node.classList.toggle('offline', !host.info.online);
  for (const plot of parts.plots) {
    if (plot.seen && wantsAnswer(plot)) ask(plot);
    drawPlot(plot, host);
  }
  drawTools(parts.tools);
  drawNote();
  parts.body.replaceChildren(...(host.whole ? blocks(host) : []));
}

/** Says which time is shown where no range does, and why the hub does not tell of it. */
function drawNote() {
  const { host, parts } = detail;
  const gone = span.range && !host.info.online && host.info.last_seen;
  const time = !span.range || gone ? spanText(span.from, span.to) : '';
  const end = gone ? say('{time}, when it was last heard of.', { time }) : time && `${time}.`;
  const trouble = parts.plots.find((plot) => plot.seen && plot.trouble)?.trouble ?? '';
  const live = trouble && say('What came while this page was open is shown.');
  put(parts.tools.note, [end, trouble, live].filter(Boolean).join(' '));
  parts.tools.note.hidden = !end && !trouble;
}
