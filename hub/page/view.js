// What the viewer asked for: kept in the page's address, so that it can be linked and gone back to,
// and the lasting part of it remembered by the browser.

const WRITE_MS = 250;           // browsers refuse a page that writes its address all the time
const LASTING = ['sort', 'order', 'layout', 'fold', 'range'];
const KEPT = 'view';

const plain = () => ({
  search: '', sort: 'name', order: '', show: 'all', layout: '', fold: [], host: '', range: '1h',
});

/**
 * `order`: `up` or `down`, or nothing for what suits the sort; `layout`: `cards`, `table`, `wall`,
 * or nothing for what suits the number of hosts; `fold`: groups that are folded; `host`: whose page
 * is open; `range`: the name of its range, or `from-to` in unix ms.
 */
export const view = plain();

/** Called when the browser went back or forth. */
export const address = { moved: () => {} };

const NAMES = { search: 'q', layout: 'view' };
const parameter = (key) => NAMES[key] ?? key;

function read(missing) {
  const query = new URLSearchParams(location.search);
  for (const [key, usual] of Object.entries(missing)) {
    const all = query.getAll(parameter(key));
    const given = Array.isArray(usual) ? all : all[0];
    view[key] = all.length > 0 ? given : usual;
  }
}

function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT)) ?? {};
    const usual = plain();
    const isGood = (key) => typeof kept[key] === typeof usual[key] && kept[key] !== null
      && Array.isArray(kept[key]) === Array.isArray(usual[key]);
    return Object.fromEntries(LASTING.filter(isGood).map((key) => [key, kept[key]]));
  } catch { return {}; }
}

function keep() {
  const lasting = Object.fromEntries(LASTING.map((key) => [key, view[key]]));
  // A wall is where a screen hangs, not what this browser always is; nor is one moment a range.
  if (view.layout === 'wall') lasting.layout = remembered().layout ?? '';
  if (/^\d/.test(view.range) && view.range.includes('-')) delete lasting.range;
  try { localStorage.setItem(KEPT, JSON.stringify(lasting)); } catch { /* for this time only */ }
}

function target() {
  const url = new URL(location.href);
  for (const [key, usual] of Object.entries(plain())) {
    url.searchParams.delete(parameter(key));
    if (key === 'range' && !view.host) continue;
    if (Array.isArray(usual)) {
      for (const each of view[key]) url.searchParams.append(parameter(key), each);
    } else if (view[key] !== usual) {
      url.searchParams.set(parameter(key), view[key]);
    }
  }
  return url.href;
}

let timer = 0;

function replace() {
  clearTimeout(timer);
  timer = 0;
  if (target() !== location.href) history.replaceState(history.state, '', target());
}

/** What is asked for has changed a little: no step to go back to. */
export function note() {
  keep();
  clearTimeout(timer);
  timer = setTimeout(replace, WRITE_MS);
}

/** Something else is shown from now on, and the browser's way back leads here. */
export function step(changes) {
  if (timer) replace();
  Object.assign(view, changes);
  keep();
  if (target() !== location.href) history.pushState({ stepped: true }, '', target());
}

/** Takes a step back where this page made one; else only the address changes. */
export function stepBack(changes) {
  if (history.state?.stepped) return history.back();
  Object.assign(view, changes);
  replace();
}

addEventListener('popstate', () => {
  clearTimeout(timer);
  timer = 0;
  const { range } = view;
  read(plain());
  if (!view.host) view.range = range;
  address.moved();
});

read({ ...plain(), ...remembered() });
replace();
