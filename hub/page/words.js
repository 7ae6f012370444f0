// What the page says, in the reader's language: English stands in the code, the rest beside it.

const others = {
  ko: () => [import('./words-ko.js'), import('./words-ko-account.js')],
  zh: () => [import('./words-zh.js'), import('./words-zh-account.js')],
};

const KEPT = 'kinglet-language';

/** What the viewer chose: one of the page's languages, or '' for the browser's. */
export const chosen = (() => {
  try { return localStorage.getItem(KEPT) ?? ''; } catch { return ''; }
})();

/** Keeps a choice and shows the page in it. */
export function choose(name) {
  try { localStorage.setItem(KEPT, name); } catch { /* A browser that keeps nothing. */ }
  location.reload();
}

const has = (name) => name === 'en' || Object.hasOwn(others, name);
const main = (each) => each.split('-')[0].toLowerCase();

/** What was chosen, else the first of the browser's languages that the page has. */
export const language = has(chosen) ? chosen : navigator.languages.map(main).find(has) ?? 'en';

/** The language as dates are written in it: with the browser's country, where it says one. */
export const tag = navigator.languages.find((each) => main(each) === language)
  ?? (language === 'en' ? 'en-GB' : language);

const parts = language === 'en' ? [] : await Promise.all(others[language]());
const words = Object.assign({}, ...parts.map((each) => each.default));
const plural = new Intl.PluralRules(language);

document.documentElement.lang = language === 'zh' ? 'zh-Hans' : language;

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');

/** The text in the reader's language, with `{name}` replaced by the value of that name. */
export function say(text, values = {}) {
  return filled(words[text] ?? text, values);
}

/** The text for a number, `{n}`: English has one for 1 and one for all else. */
export function many(number, one, other, values = { n: number }) {
  const text = language === 'en' && plural.select(number) === 'one' ? one : other;
  return say(text, values);
}

/** A text of the hub or of an agent: in the reader's language where it is one of a known set. */
export const inWords = (text) => words[text] ?? text;

/** Says what `root` has in English and marks by `data-say`: the text, or attributes it lists. */
export function sayAll(root) {
  for (const node of root.querySelectorAll('[data-say]')) {
    const names = node.dataset.say.split(' ').filter(Boolean);
    if (names.length === 0) node.textContent = say(node.textContent);
    for (const name of names) node.setAttribute(name, say(node.getAttribute(name)));
  }
}
