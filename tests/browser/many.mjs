// A table of a thousand hosts that all report each second: what is in the document, in which order,
// and what a frame costs on a slow machine.

import assert from 'node:assert/strict';
import { fleet } from './layout.mjs';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const HOSTS = 1000;
const SLOWER = 4;
const LOOK_MS = 10_000;
const TASK_MAX_MS = 1000;       // on a machine that others use too

/** In the page, before its own code: how long each frame's callbacks take, and long tasks. */
function watchFrames() {
  window.frames_ms = [];
  window.tasks_ms = [];
  const ask = window.requestAnimationFrame;
  window.requestAnimationFrame = (callback) => ask.call(window, (time) => {
    const begun = performance.now();
    callback(time);
    window.frames_ms.push(performance.now() - begun);
  });
  new PerformanceObserver((list) => {
    window.tasks_ms.push(...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: 'longtask' });
}

const share = (sorted, part) => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1);

const ids = (page) => page.locator('.tbody .tr').evaluateAll((rows) =>
  rows.map((row) => [Number(row.getAttribute('aria-rowindex')), row.dataset.id])
    .sort((a, b) => a[0] - b[0]).map(([, id]) => id));

async function measure(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const script = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'ScriptDuration').value;
  };
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  await page.evaluate(() => { window.frames_ms = []; window.tasks_ms = []; });
  let heard = 0;
  const count = () => { heard += 1; };
  session.on('Network.webSocketFrameReceived', count);
  await session.send('Network.enable');
  const before = await script();
  await sleep(LOOK_MS);
  const spent = (await script()) - before;
  await session.send('Network.disable');
  await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  const [frames, tasks] = await page.evaluate(() => [window.frames_ms, window.tasks_ms]);
  frames.sort((a, b) => a - b);
  const longest = Math.max(0, ...tasks);
  console.log(`       ${SLOWER}x slower, ${(heard * 1000) / LOOK_MS} messages a second: `
    + `${frames.length} frames, script `
    + `p50 ${share(frames, 0.5)} ms, p95 ${share(frames, 0.95)} ms, p99 ${share(frames, 0.99)} ms; `
    + `all script ${((spent * 1e5) / LOOK_MS).toFixed(0)}%, longest task ${longest.toFixed(0)} ms`);
  assert.ok(frames.length > 5, 'nothing was drawn');
  assert.ok(longest < TASK_MAX_MS, `the page froze for ${longest} ms`);
}

async function order(page) {
  const head = (name) => page.locator(`.th.${name}`);
  const button = (name) => head(name).locator('button');
  await button('cpu').click();
  assert.equal(await head('cpu').getAttribute('aria-sort'), 'descending');
  assert.equal(await head('name').getAttribute('aria-sort'), null);
  const busy = async (at) => parseFloat(
    await page.locator('.tbody .tr').nth(at).locator('.cpu .value').textContent(),
  );
  assert.ok(await busy(0) > 80, 'the busiest first');
  await button('cpu').click();
  assert.equal(await head('cpu').getAttribute('aria-sort'), 'ascending');
  await page.waitForFunction(() => location.search === '?sort=cpu&order=up');
  await page.locator('.tbody .tr').nth(8).hover();
  const before = (await ids(page)).slice(0, 20);
  await sleep(5000);
  assert.deepEqual((await ids(page)).slice(0, 20), before, 'rows move under the pointer');
  await page.mouse.move(3, 3);
  await page.waitForFunction((first) => {
    const now = [...document.querySelectorAll('.tbody .tr')].slice(0, 20);
    return now.some((row, at) => row.dataset.id !== first[at]);
  }, before, { timeout: 9000 });
  await button('name').click();
  assert.equal(await head('name').getAttribute('aria-sort'), 'ascending');
}

async function keys(page) {
  await page.locator('.tbody .tr .open').first().focus();
  const due = [['ArrowDown', 3], ['End', HOSTS + 1], ['ArrowUp', HOSTS], ['Home', 2]];
  for (const [key, index] of due) {
    await page.keyboard.press(key);
    const at = await page.evaluate(() => (
      document.activeElement.closest('.tr')?.getAttribute('aria-rowindex')
    ));
    assert.equal(Number(at), index, key);
  }
  const id = (await ids(page))[0];
  await page.mouse.wheel(0, 12_000);
  await sleep(400);
  const stays = await page.evaluate(() => document.activeElement.closest('.tr')?.dataset.id);
  assert.equal(stays, id, 'what is scrolled away has lost the focus');
  await page.evaluate(() => { document.activeElement.blur(); scrollTo(0, 0); });
}

export async function testMany({ test, startHub, startAgents, openPage, shot }) {
  await test('a thousand hosts are a table, smooth and with few rows in the document', async () => {
    const hosts = fleet(HOSTS);
    const hub = await startHub({ hosts, offlineAfter: 60 });
    startAgents(hub, hosts);
    const size = { width: 1920, height: 1080 };
    const { page, errors } = await openPage(hub, { ...size, before: watchFrames });
    await page.locator('#summary', { hasText: `${HOSTS} online` }).waitFor({ timeout: 40_000 });
    const rows = page.locator('.tbody .tr');
    assert.equal(await page.locator('.table').getAttribute('aria-rowcount'), `${HOSTS + 1}`);
    assert.ok(await rows.count() <= 1080 / 36 + 14, `${await rows.count()} rows`);
    assert.equal(await page.locator('.card').count(), 0, 'cards are made for nobody');
    await page.mouse.move(3, 3);
    await measure(page);
    await shot(page, 'table-1920');
    await order(page);
    await keys(page);
    const cut = page.locator('.tbody .open', { hasText: 'backup-of' }).first();
    await page.fill('#search', 'rack-12-node-03-13');
    await cut.waitFor();
    assert.match(await cut.textContent(), /^backup-of.*-13/);
    assert.equal(await cut.getAttribute('aria-label'), await cut.textContent());
    await page.fill('#search', '');
    await page.setViewportSize({ width: 3840, height: 2160 });
    await sleep(1500);
    assert.ok(await rows.count() <= 2160 / 36 + 14, `${await rows.count()} rows`);
    await shot(page, 'table-4k');
    await page.setViewportSize({ width: 320, height: 640 });
    await sleep(700);
    await shot(page, 'table-320');
    const wide = await page.evaluate(() => {
      const root = document.documentElement;
      return root.scrollWidth > root.clientWidth;
    });
    assert.equal(wide, false, 'it scrolls sideways at 320 px');
    assert.deepEqual(errors, []);
  });
}
