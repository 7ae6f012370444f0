// The tools above the list, and what stands in the address: each follows the other.

import { openAddHost } from './add-host.js';
import { cards } from './cards.js';
import { detail, openDetail } from './detail.js';
import { $ } from './element.js';
import { keeping } from './recent.js';
import { arrange, hosts } from './screen.js';
import { ranges, setRange, span, zoomTo } from './span.js';
import { watchStill } from './still.js';
import { table } from './table.js';
import { openTimeline } from './timeline.js';
import { showTitle } from './title.js';
import { address, note, step, stepBack, view } from './view.js';

const now = () => arrange(true);

/** Shows in the tools what is asked for. */
function showTools() {
  if ($('search').value !== view.search) $('search').value = view.search;
  $('sort').value = view.sort;
  for (const button of $('filter').children) {
    button.setAttribute('aria-pressed', String(button.dataset.show === view.show));
  }
}

function change(changes) {
  Object.assign(view, changes);
  note();
  showTools();
  now();
}

/** The range as the address has it. */
const rangeText = () => span.range ?? `${Math.round(span.from)}-${Math.round(span.to)}`;

/** Shows the time that the address names; one it does not know is none. */
function showRange() {
  const [, from, to] = /^(\d{12,14})-(\d{12,14})$/.exec(view.range) ?? [];
  if (from) zoomTo(Number(from), Number(to));
  else if (ranges.some(([id]) => id === view.range)) setRange(view.range);
}

/** The address names a host: its page is opened as soon as the host is there. */
function showHost() {
  const host = hosts.get(view.host);
  if (host && detail.host && detail.id !== view.host) {
    $('detail').addEventListener('close', follow, { once: true });
    $('detail').close();
  } else if (host && !detail.host) {
    const { range } = view;
    openDetail(host);
    view.range = range;
    showRange();
  }
  if (!view.host && detail.host) $('detail').close();
}

let isFollowing = false;        // the page follows the address, not the address the page
let open = '';                  // the host whose page was open last

function follow() {
  isFollowing = true;
  showHost();
  isFollowing = false;
}

function dialogChanged() {
  showTitle();
  keeping.whole = detail.host?.recent ?? null;
  const host = detail.id ?? '';
  const before = open;
  open = host;
  if (isFollowing) return;
  if (host && host === view.host) {
    view.range = rangeText();
    note();
  } else if (host) {
    step({ host, range: rangeText() });
  } else if (view.host && view.host === before) {
    stepBack({ host: '' });
  }
}

/** A host has come: it may be the one whose page the address names. */
export function hostCame() {
  if (view.host && !detail.host && hosts.has(view.host)) follow();
}

export function watchControls() {
  $('search').addEventListener('input', ({ target }) => change({ search: target.value }));
  $('sort').addEventListener('change', ({ target }) => change({ sort: target.value, order: '' }));
  $('filter').addEventListener('click', ({ target: { dataset } }) => {
    if (dataset.show) change({ show: dataset.show });
  });
  $('views').addEventListener('click', ({ target: { dataset } }) => {
    if (!dataset.view) return;
    step({ layout: dataset.view });
    now();
  });
  $('add-host').addEventListener('click', () => openAddHost());
  $('theme').value = window.theme.chosen;
  $('theme').addEventListener('change', ({ target }) => window.theme.choose(target.value));
  $('show-timeline').addEventListener('click', () => {
    openTimeline((id) => hosts.get(id)?.info.name || id);
  });
  addEventListener('keydown', ({ key }) => {
    const isBusy = document.querySelector('dialog[open]');
    if (key !== 'Escape' || view.layout !== 'wall' || isBusy) return;
    stepBack({ layout: '' });
    now();
  });
  detail.changed = dialogChanged;
  cards.folded = now;
  table.sorted = () => { showTools(); now(); };
  address.moved = () => { showTools(); now(); follow(); };
  watchStill(() => arrange());
  showTools();
  showRange();
}
