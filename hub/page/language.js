// The switch between the page's languages.

import { element } from './element.js';
import { choose, chosen, say } from './words.js';

/** Each by its own name: who reads none of the others finds it. */
const names = [['', say('Automatic')], ['en', 'English'], ['ko', '한국어'], ['zh', '中文']];

export function languageSwitch() {
  const options = names.map(([value, name]) => {
    const option = element('option', '', name);
    option.value = value;
    option.lang = value;
    return option;
  });
  const select = element('select', '', ...options);
  select.value = chosen;
  select.setAttribute('aria-label', say('Language'));
  select.addEventListener('change', () => choose(select.value));
  return element('label', 'select', element('span', '', say('Language')), select);
}
