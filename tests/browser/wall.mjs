// A screen on a wall: every host at once, awake, dim at night, without a pointer.

import assert from 'node:assert/strict';
import { fleet } from './layout.mjs';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** In the page, before its own code: counts locks, which are not there without TLS. */
function watchLocks() {
  window.locks = 0;
  const request = async () => {
    window.locks += 1;
    return { release: async () => { window.locks -= 1; } };
  };
  Object.defineProperty(navigator, 'wakeLock', { value: { request } });
}

const outside = (page) => page.locator('.tile').evaluateAll((tiles) => tiles.filter((tile) => {
  const { left, top, right, bottom } = tile.getBoundingClientRect();
  return left < 0 || top < 0 || right > innerWidth + 1 || bottom > innerHeight + 1;
}).length);

export async function testWall({ test, startHub, startAgents, openPage, shot }) {
  await test('a wall shows every host at once', async () => {
    const hosts = fleet(40);
    const hub = await startHub({ hosts, offlineAfter: 4 });
    const agents = startAgents(hub, hosts);
    const { page, errors } = await openPage(hub, {
      width: 1920, height: 1080, path: '?view=wall', before: watchLocks,
    });
    await page.clock.install({ time: new Date('2026-03-01T12:00:00') });
    await page.reload();
    const tiles = page.locator('.tile:not(.offline)');
    await tiles.nth(hosts.length - 1).waitFor();
    agents[12].stop();
    await page.locator('.tile.offline').waitFor({ timeout: 20_000 });
    await page.clock.runFor(3000);
    const has = (name) => page.evaluate((each) => document.body.classList.contains(each), name);
    assert.equal(await page.locator('.tools').isVisible(), false);
    assert.equal(await page.evaluate(() => window.locks), 1);
    assert.equal(await has('still'), true, 'a pointer is shown');
    await page.mouse.move(400, 400);
    assert.equal(await has('still'), false);
    assert.equal(await has('night'), false);
    const first = page.locator('.tile').first();
    assert.match(await first.textContent(), /offline/, 'trouble first');
    for (const [width, height] of [[1920, 1080], [3840, 2160], [1080, 1920], [390, 844]]) {
      await page.setViewportSize({ width, height });
      await sleep(300);
      assert.equal(await outside(page), 0, `not all are seen at ${width}`);
      await shot(page, `wall-${width}`);
    }
    await page.setViewportSize({ width: 1920, height: 1080 });
    await page.clock.setFixedTime(new Date('2026-03-01T23:10:00'));
    await page.clock.runFor(61_000);
    assert.equal(await has('night'), true, 'it is bright at night');
    await page.keyboard.press('Escape');
    await page.locator('.tools').waitFor();
    assert.equal(await page.locator('.tile').count(), 0);
    assert.equal(await has('night'), false);
    assert.equal(await page.evaluate(() => window.locks), 0, 'the screen stays on');
    assert.deepEqual(errors, []);
  });
}
