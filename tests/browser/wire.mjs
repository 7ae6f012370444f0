// What travels between the page and the hub: rows, and the whole of one host while it is on show.

import assert from 'node:assert/strict';
import { scene } from './fleet.mjs';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const QUIET_MS = 10_000;        // as in watch.js

/** Counts what the page hears from now on, by type; of `metrics` also whose they are. */
function listen(page) {
  const heard = { types: {}, bytes: 0, hosts: new Set() };
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => {
    const { type, data } = JSON.parse(payload);
    heard.types[type] = (heard.types[type] ?? 0) + 1;
    heard.bytes += payload.length;
    if (type === 'metrics') heard.hosts.add(data.server_id);
  }));
  return heard;
}

/** Whether the page is looked at, as far as it knows. */
function look(page, seen) {
  return page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event('visibilitychange'));
  }, !seen);
}

export async function testWire({ test, startHub, startAgents, openPage, card }) {
  await test('rows come, and everything of the host on show', async () => {
    const hub = await startHub({ hosts: scene });
    startAgents(hub);
    const { page, errors } = await openPage(hub);
    const heard = listen(page);
    await page.reload();
    await page.locator('.card:not(.offline)').nth(scene.length - 1).waitFor();
    await sleep(2500);
    assert.ok(heard.types.rows >= 3, JSON.stringify(heard.types));
    assert.equal(heard.types.metrics, undefined);
    assert.equal(heard.types.performance, undefined);
    await card(page, 'gateway').click();
    await page.locator('#detail .row', { hasText: 'quad9' }).waitFor();
    await page.locator('#detail .fact', { hasText: '1,234' }).first().waitFor();
    await sleep(2000);
    assert.deepEqual([...heard.hosts], ['gateway']);
    await page.keyboard.press('Escape');
    await sleep(500);
    const before = heard.types.metrics;
    await sleep(2500);
    assert.equal(heard.types.metrics, before, 'it is not on show any more');
    assert.deepEqual(errors, []);
  });

  await test('in the background no figures come, and then all of them', async () => {
    const hub = await startHub({ hosts: scene });
    const agents = startAgents(hub);
    const { page, errors } = await openPage(hub);
    const heard = listen(page);
    await page.reload();
    await page.locator('.card:not(.offline)').nth(scene.length - 1).waitFor();
    await look(page, false);
    await sleep(QUIET_MS + 1500);
    const { rows } = heard.types;
    agents.find((agent) => agent.host.id === 'nas').stop();
    await page.locator('.card.offline[data-id=nas]').waitFor({ timeout: 8000 });
    assert.equal(heard.types.rows, rows, 'nobody looks');
    const told = () => card(page, 'web-1').locator('.meter .value').allTextContents();
    const old = await told();
    agents.forEach((agent) => agent.hold());
    await look(page, true);
    await sleep(2500);
    assert.notDeepEqual(await told(), old);
    assert.deepEqual(errors, []);
  });

  await test('the page is few files, and none that the browser has is sent again', async () => {
    const hub = await startHub();
    const script = `http://${hub.address}/page.js`;
    const first = await fetch(script);
    assert.equal(first.headers.get('content-encoding'), 'gzip');
    const { page, errors } = await openPage(hub);
    const sent = [];
    page.on('response', (response) => sent.push([response.url(), response.status()]));
    await page.reload();
    await page.locator('#empty:visible').waitFor();
    const paths = sent.map(([url]) => new URL(url).pathname);
    const files = paths.filter((path) => /\.(js|css)$/.test(path));
    // The theme is there before anything is drawn.
    const due = ['/page.css', '/page.js', '/theme.js', '/uplot.js'];
    assert.deepEqual(files.sort(), due, 'one of each');
    assert.deepEqual(errors, []);
    const headers = { 'if-none-match': first.headers.get('etag') };
    assert.equal((await fetch(script, { headers })).status, 304);
  });
}
