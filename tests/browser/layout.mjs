// How the list is laid out: cards in groups, a table of many hosts, and the address of it all.

import assert from 'node:assert/strict';
import { sample, scene } from './fleet.mjs';

const long = 'backup-of-the-backup-of-the-warehouse-rack-12-node-03';

/** So many hosts, in a few groups, some of them with long names. */
export function fleet(count) {
  return Array.from({ length: count }, (_, n) => {
    const host = scene[n % scene.length];
    const name = n % 10 === 3 ? `${long}-${n}` : `${host.id}-${n}`;
    return { ...host, id: `host-${n}`, name, group: `Site ${n % 7}` };
  });
}

const narrow = (page) => page.evaluate(() => {
  const root = document.documentElement;
  return root.scrollWidth <= root.clientWidth;
});

const isWhole = (locator) => locator.evaluate((node) => {
  const [own, around] = [node, node.closest('.card, .td')].map((each) =>
    each.getBoundingClientRect());
  return node.scrollWidth <= node.clientWidth + 1 && own.right <= around.right + 1;
});

const query = (page) => page.evaluate(() => location.search);
const rows = (page) => page.locator('.tbody .tr');
const until = (page, text) => page.waitForFunction((wanted) => location.search === wanted, text);

async function testGroups({ test, startHub, startAgents, openPage, shot }) {
  await test('small groups share a row, fold, and stay folded', async () => {
    const hosts = [...scene, { ...scene[0], id: 'x', name: long, group: 'Shed' }];
    const hub = await startHub({ hosts });
    const agents = startAgents(hub, hosts);
    const { page, errors } = await openPage(hub, { width: 1920 });
    await page.locator('.card:not(.offline)').nth(hosts.length - 1).waitFor();
    const top = async (name) => (await page.locator(`[data-group=${name}]`).boundingBox()).y;
    const right = Math.max(...await page.locator('.card').evaluateAll((cards) =>
      cards.map((card) => card.getBoundingClientRect().right)));
    assert.ok(right > 1860, `nothing stands right of ${right}`);
    assert.ok(await top('Home') > await top('Edge'), 'a large group has a row');
    const fold = page.locator('[data-group=Home] .fold');
    assert.equal(await fold.getAttribute('aria-expanded'), 'true');
    await fold.click();
    assert.equal(await page.locator('[data-group=Home] .card').count(), 0);
    assert.equal(await fold.getAttribute('aria-expanded'), 'false');
    await page.mouse.move(5, 5);
    assert.equal(await top('Home'), await top('Edge'), 'folded it shares the row');
    await until(page, '?fold=Home');
    await page.goto(`http://${hub.address}/`);
    await page.locator('[data-group=Edge] .card').first().waitFor();
    assert.equal(await page.locator('[data-group=Home] .card').count(), 0, 'forgotten');
    await until(page, '?fold=Home');
    await fold.click();
    await page.locator('[data-group=Home] .card .meter').first().waitFor({ timeout: 800 });
    const name = page.locator('.card[data-id=x] .name');
    assert.equal(await name.textContent(), long);
    assert.match(await name.getAttribute('title'), /node-03/);
    const [whole, end] = await Promise.all([name, name.locator('.end')].map((each) =>
      each.boundingBox()));
    assert.equal(await name.locator('.end').textContent(), 'node-03');
    assert.ok(end.x + end.width <= whole.x + whole.width + 1, 'the end is cut');
    await shot(page, 'groups');
    const held = sample(scene[3], 1);
    const at = '/mnt/a-mount-with-a-name-that-no-card-and-no-row-has-room-for-on-one-line';
    const stuck = { mount_point: at, fstype: 'nfs4', stuck: true };
    agents[3].held = { ...held, filesystems: [...held.filesystems, stuck] };
    const wishes = page.locator('.card[data-id=nas] .wishes', { hasText: at });
    await wishes.waitFor();
    assert.ok(await isWhole(wishes), 'what is stuck is cut');
    assert.equal(await page.locator('[data-group=Home] .card').first().getAttribute('data-id'),
      'nas', 'trouble first');
    await page.click('[data-view=table]');
    const badge = rows(page).first().locator('.badge');
    await badge.waitFor();
    assert.ok((await badge.getAttribute('aria-label')).includes(at));
    assert.ok((await badge.getAttribute('title')).includes(at));
    await page.setViewportSize({ width: 320, height: 640 });
    assert.ok(await isWhole(badge), 'the sign is cut');
    await page.goBack();
    assert.ok(await narrow(page), 'it scrolls sideways at 320 px');
    assert.deepEqual(errors, []);
  });
}

async function testAddress({ test, startHub, startAgents, openPage, card }) {
  await test('the address says what is shown, and back goes back', async () => {
    const hub = await startHub({ hosts: scene });
    startAgents(hub);
    const { page, errors } = await openPage(hub);
    const names = () => page.locator('.card .name').allTextContents();
    await page.locator('.card:not(.offline)').nth(scene.length - 1).waitFor();
    await page.fill('#search', 'helsinki');
    await page.selectOption('#sort', 'disk');
    await until(page, '?q=helsinki&sort=disk');
    assert.equal(await page.evaluate(() => history.length), 2, 'typing is no step');
    await card(page, 'db-1').click();
    await until(page, '?q=helsinki&sort=disk&host=db-1');
    assert.equal(await page.title(), 'db-1 · Kinglet');
    await page.click('#detail [data-range="24h"]');
    await until(page, '?q=helsinki&sort=disk&host=db-1&range=24h');
    const link = page.url();
    await page.goBack();
    await page.locator('#detail').waitFor({ state: 'hidden' });
    assert.equal(await query(page), '?q=helsinki&sort=disk');
    assert.equal(await page.title(), 'Kinglet');
    await page.goForward();
    await page.locator('#detail:visible').waitFor();
    await page.keyboard.press('Escape');
    await until(page, '?q=helsinki&sort=disk');

    const other = await openPage(hub, { path: new URL(link).search });
    await other.page.locator('#detail:visible').waitFor();
    assert.equal(await other.page.title(), 'db-1 · Kinglet');
    const range = other.page.locator('#detail [data-range="24h"]');
    assert.equal(await range.getAttribute('aria-pressed'), 'true');
    await other.page.keyboard.press('Escape');
    await until(other.page, '?q=helsinki&sort=disk');
    assert.equal(await other.page.inputValue('#search'), 'helsinki');

    await page.goto(`http://${hub.address}/`);
    await until(page, '?sort=disk');
    await page.locator('.card').nth(scene.length - 1).waitFor();
    await page.click('[data-view=table]');
    await rows(page).nth(scene.length - 1).waitFor();
    await until(page, '?sort=disk&view=table');
    await page.goBack();
    await page.locator('.card').nth(scene.length - 1).waitFor();
    assert.equal((await names()).length, scene.length);
    assert.deepEqual([...errors, ...other.errors], []);
  });
}

async function testTheme({ test, startHub, startAgents, openPage, shot }) {
  await test('the theme is the viewer\'s, and the page can be installed', async () => {
    const hub = await startHub({ hosts: scene });
    startAgents(hub);
    const { page, errors } = await openPage(hub, { scheme: 'dark' });
    await page.locator('.card:not(.offline)').nth(scene.length - 1).waitFor();
    const look = () => page.evaluate(() => [
      document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor,
      document.querySelector('meta[name=theme-color]').content,
    ]);
    assert.deepEqual(await look(), ['dark', 'rgb(20, 22, 24)', '#141618']);
    await page.selectOption('#theme', 'light');
    assert.deepEqual(await look(), ['light', 'rgb(245, 245, 242)', '#f5f5f2']);
    await page.reload();
    assert.equal((await look())[0], 'light', 'forgotten');
    await page.selectOption('#theme', 'auto');
    assert.equal((await look())[0], 'dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
    const session = await page.context().newCDPSession(page);
    const told = await session.send('Page.getAppManifest');
    assert.deepEqual([told.errors, JSON.parse(told.data).name], [[], 'Kinglet']);
    for (const { src } of JSON.parse(told.data).icons) {
      const answer = await page.request.get(new URL(src, told.url).href);
      const kind = src.endsWith('.png') ? 'image/png' : 'image/svg+xml';
      assert.equal(answer.headers()['content-type'], kind, src);
      const headers = { 'if-none-match': answer.headers().etag };
      const again = await page.request.get(new URL(src, told.url).href, { headers });
      assert.equal(again.status(), 304, src);
    }
    await page.emulateMedia({ forcedColors: 'active' });
    await page.locator('.card').first().waitFor();
    const [bar, fill] = await page.locator('.card .bar').first().evaluate((node) =>
      [node, node.firstChild].map((each) => getComputedStyle(each)).map((style) =>
        [style.borderTopWidth, style.backgroundColor]));
    assert.equal(bar[0], '1px');
    assert.notEqual(fill[1], bar[1], 'how full it is cannot be seen');
    await shot(page, 'forced-colours');
    assert.deepEqual(errors, []);
  });
}

export async function testLayout(tools) {
  await testGroups(tools);
  await testAddress(tools);
  await testTheme(tools);
}
