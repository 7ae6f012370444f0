// The page in the languages it has: nothing of it is left in English.

import assert from 'node:assert/strict';

/** Texts that stand as they are in every language. */
const SAME = /^(?:CPU|nice|rpm|\{)/;

/** Every text and label seen below `root`, and which of them are the dictionary's English. */
const left = (page, root) => page.evaluate(async ([selector, same]) => {
  const parts = await Promise.all(['', '-account'].map((part) => import(`./words-zh${part}.js`)));
  const words = Object.assign({}, ...parts.map((each) => each.default));
  const English = Object.keys(words).filter((text) => !new RegExp(same).test(text));
  const walk = document.createTreeWalker(document.querySelector(selector), NodeFilter.SHOW_ALL);
  const seen = [];
  while (walk.nextNode()) {
    const { currentNode: node } = walk;
    if (node.nodeType === Node.TEXT_NODE && node.parentElement.checkVisibility()) {
      seen.push(node.textContent.trim());
    }
    for (const name of ['aria-label', 'placeholder', 'title']) {
      if (node.getAttribute?.(name)) seen.push(node.getAttribute(name));
    }
  }
  return { seen, english: seen.filter((text) => English.includes(text)) };
}, [root, SAME.source]);

export async function testWords({ test, startHub, startAgents, openPage, shot }) {
  for (const [locale, memory, find] of [
    ['zh-CN', '内存', '搜索主机'], ['ko-KR', '메모리', '호스트 검색'],
  ]) {
    await test(`words: the page in ${locale}`, async () => {
      const hub = await startHub();
      startAgents(hub);
      const { page, errors } = await openPage(hub, { locale });
      await page.waitForSelector('.card .meter .value');
      assert.equal(await page.getAttribute('html', 'lang'),
        locale === 'zh-CN' ? 'zh-Hans' : 'ko');
      assert.equal(await page.getAttribute('#search', 'placeholder'), find);
      const list = await left(page, 'body');
      assert.deepEqual(list.english, []);
      assert.ok(list.seen.includes(memory), 'a card names its memory');
      await shot(page, `${locale}-list`);
      await page.locator('.card:not(.offline)').first().click();
      await page.waitForSelector('.detail .facts');
      assert.deepEqual((await left(page, '#detail')).english, []);
      await shot(page, `${locale}-detail`);
      await page.keyboard.press('Escape');
      await page.click('#show-timeline');
      await page.waitForSelector('#timeline li');
      assert.deepEqual((await left(page, '#timeline')).english, []);
      await shot(page, `${locale}-timeline`);
      await page.keyboard.press('Escape');
      await page.setViewportSize({ width: 390, height: 844 });
      await shot(page, `${locale}-phone`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 390, `the page is ${wide} wide on a phone`);
      assert.deepEqual(errors, []);
    });
  }

  await test('words: another language than the browser\'s is kept', async () => {
    const hub = await startHub();
    const { page } = await openPage(hub);
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
    for (const lang of ['ko', 'en']) {
      await page.waitForSelector('select[aria-label="Language"], select[aria-label="언어"]');
      await page.locator('select[aria-label="Language"], select[aria-label="언어"]')
        .selectOption(lang);
      await page.waitForFunction((wanted) => document.documentElement.lang === wanted
        && document.querySelector('nav select[aria-label]'), lang);
    }
  });
}
