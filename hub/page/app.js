// The page: every host of the hub, live over /ws. Ties the controls to the screen and starts it.

import { comeByLink } from './account-visit.js';
import { watchAccount } from './account.js';
import { hostCame, watchControls } from './controls.js';
import { $ } from './element.js';
import { watchHealth } from './health.js';
import { languageSwitch } from './language.js';
import { link } from './live.js';
import { handle } from './messages.js';
import { hosts, redraw } from './screen.js';
import { isSetup, openSetup } from './setup.js';
import { watchWho } from './sign-in.js';
import { watchAttention } from './strip.js';
import { sayAll } from './words.js';

const GROW_OLD_MS = 30_000;

sayAll(document);
$('show-timeline').after(languageSwitch());
if (isSetup()) {
  openSetup();
} else {
  watchControls();
  watchAccount();
  await comeByLink();
  link.start((message) => {
    handle(message);
    hostCame();
  });
  watchWho();
  watchHealth();
  watchAttention();
}
// Offline hosts say since when, and that grows old.
setInterval(() => {
  for (const host of hosts.values()) if (!host.info.online) redraw(host);
}, GROW_OLD_MS);
