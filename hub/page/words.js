// What the page says, in the reader's language: English stands in the code, the rest beside it.

const others = {
  ko: () => import('./words-ko.js'),
  zh: () => import('./words-zh.js'),
};

const spoken = navigator.languages.map((tag) => tag.split('-')[0].toLowerCase());

/** The first of the browser's languages that the page has. */
export const language = spoken.find((each) => each === 'en' || each in others) ?? 'en';

const words = language === 'en' ? {} : (await others[language]()).default;

document.documentElement.lang = language;

/** The text in the reader's language, with `{name}` replaced by the value of that name. */
export function say(text, values = {}) {
  return (words[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}
