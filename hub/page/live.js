// The connection to the hub: dials, comes back after a loss, and says when the figures are old.

import { announce } from './aloud.js';
import { $, put } from './element.js';
import { ago, clock } from './units.js';
import { say } from './words.js';

const STALE_MS = 20_000;        // without a word from the hub for this long, the figures are old
const CHECK_MS = 2000;
const RETRY_MS = [1000, 30_000];

export const link = {
  socket: null, live: false, heard: 0, tries: 0, ahead: 0,
  /** When the hub let us in, first and last, unix ms; 0 before. */
  since: 0, back: 0,

  /** Called with each message of the hub. */
  hear: () => {},
  /** Called where the hub lets nobody look who shows this, or nothing. */
  refused: () => {},

  start(hear) {
    link.hear = hear;
    link.dial();
    setInterval(check, CHECK_MS);
  },

  dial() {
    const url = new URL('ws', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const token = storedToken();
    const protocols = ['kinglet.page.v1', ...(token ? [`bearer.${token}`] : [])];
    const socket = new WebSocket(url, protocols);
    link.socket = socket;
    show('connecting', say('connecting'));
    socket.onmessage = ({ data }) => {
      link.heard = Date.now();
      const message = JSON.parse(data);
      link.ahead = (Date.parse(message.timestamp) || link.heard) - link.heard;
      if (message.data?.code === 'AUTHENTICATION_FAILED') link.refused(token);
      link.hear(message);
    };
    socket.onclose = () => { if (link.socket === socket) link.lost(); };
  },

  /** The hub let us in. */
  opened() {
    link.live = true;
    link.back = Date.now();
    link.since ||= link.back;
    link.tries = 0;
    $('login').hidden = true;
    show('live', say('live'));
    check();
  },

  lost() {
    link.live = false;
    link.socket = null;
    if (!$('login').hidden) return show('lost', say('not signed in'));
    const [first, most] = RETRY_MS;
    const delay = Math.min(most, first * 1.6 ** link.tries) * (0.8 + 0.4 * Math.random());
    link.tries += 1;
    show('lost', say('reconnecting'));
    check();
    setTimeout(link.dial, delay);
  },
};

/** The hub's time, unix ms: what it keeps is by its clock, not by the viewer's. */
export const hubNow = () => Date.now() + link.ahead;

function show(state, text) {
  $('link').dataset.state = state;
  put($('link-text'), text);
}

/** Old figures look like good ones: says when they are. */
function check() {
  const quiet = Date.now() - link.heard;
  if (link.live && link.socket && quiet > STALE_MS / 2) link.socket.send('{"type":"ping"}');
  if (link.live && quiet > STALE_MS * 1.5) {
    const socket = link.socket;
    link.lost();
    socket.close();
  }
  const stale = link.since > 0 && (!link.live || quiet > STALE_MS);
  document.body.classList.toggle('is-stale', stale);
  const isNew = $('stale').hidden === stale;
  $('stale').hidden = !stale;
  if (!stale && isNew) announce(say('Connected again'));
  if (!stale) return;
  const times = { time: clock(link.heard), ago: ago(link.heard) };
  put($('stale'),
    say('No connection to the hub. These figures are from {time} ({ago}).', times));
  if (isNew) announce($('stale').textContent);
}

/** What shows a request's token. */
export function credentials() {
  const token = storedToken();
  return token ? { authorization: `Bearer ${token}` } : {};
}

export function storedToken() {
  try { return sessionStorage.getItem('token') ?? ''; } catch { return ''; }
}

/** Remembers what shows every request from now on, and connects anew with it. */
export function useToken(token) {
  try { sessionStorage.setItem('token', token); } catch { /* kept for this try only */ }
  const before = link.socket;
  link.dial();
  before?.close();
}
