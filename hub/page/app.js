// The page: every host of the hub, live over /ws. Ties the controls to the screen and starts it.

import { $ } from './element.js';
import { watchHealth } from './health.js';
import { languageSwitch } from './language.js';
import { link } from './live.js';
import { handle } from './messages.js';
import { arrange, hosts, redraw, view } from './screen.js';
import { watchWho } from './sign-in.js';
import { watchAttention } from './strip.js';
import { openTimeline } from './timeline.js';
import { sayAll } from './words.js';

const GROW_OLD_MS = 30_000;

sayAll(document);
$('show-timeline').after(languageSwitch());

$('search').addEventListener('input', ({ target }) => {
  view.search = target.value.trim().toLowerCase();
  arrange();
});
$('sort').addEventListener('change', ({ target }) => {
  view.sort = target.value;
  arrange();
});
$('filter').addEventListener('click', ({ target }) => {
  const show = target.dataset.show;
  if (!show) return;
  view.show = show;
  for (const button of $('filter').children) {
    button.setAttribute('aria-pressed', String(button === target));
  }
  arrange();
});

$('show-timeline').addEventListener('click', () => {
  openTimeline((id) => hosts.get(id)?.info.name || id);
});

link.start(handle);
watchWho();
watchHealth();
watchAttention();
// Offline cards say since when, and that grows old.
setInterval(() => {
  for (const host of hosts.values()) if (!host.info.online) redraw(host);
}, GROW_OLD_MS);
