// What the page shows of the past: ranges, gaps, sparklines, and what it says where there is none.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { scene } from './fleet.mjs';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
/** Range: how long it is, the step that fits. */
const ranges = {
  '10m': [10 * MINUTE, 1], '1h': [60 * MINUTE, 10], '24h': [DAY, 300], '7d': [7 * DAY, 1800],
  '30d': [30 * DAY, 7200], '1y': [365 * DAY, 86_400],
};

function query(request) {
  const url = new URL(request.url());
  const { metric, from, to, step } = Object.fromEntries(url.searchParams);
  return { host: url.pathname.split('/').pop(), metric, from: +from, to: +to, step: +step };
}

/** A past of every metric: 400 k to 600 k, nothing in the middle third of what was asked. */
function past(route) {
  const { host, metric, from, to, step } = query(route.request());
  const points = [];
  for (let at = Math.ceil(from / (step * 1000)) * step * 1000; at < to; at += step * 1000) {
    const share = (at - from) / (to - from);
    if (share < 1 / 3 || share > 2 / 3) points.push([at, 5e5, 4e5, 6e5]);
  }
  const plain = metric.split(',').filter((name) => !name.includes('{'));
  const json = plain.map((name) => ({ id: host, metric: name, labels: {}, step, points }));
  return route.fulfill({ json });
}

/** How many pixels of a chart have a line's colour, in each third of its width. */
function painted(page, chart) {
  return page.locator(`[data-chart="${chart}"] canvas`).evaluate((canvas) => {
    const plot = canvas.parentNode.querySelector('.u-over').getBoundingClientRect();
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const thirds = [0, 0, 0];
    for (let at = 0; at < data.length; at += 4) {
      const left = ((at / 4) % canvas.width) / scale - (plot.left - box.left);
      const third = (left / plot.width) * 3;
      const inside = third > 0 && third < 3 && third % 1 > 0.1 && third % 1 < 0.9;
      const blue = data[at + 3] > 200 && data[at + 2] - data[at] > 60;
      if (inside && blue) thirds[Math.floor(third)] += 1;
    }
    return thirds;
  });
}

async function open(page, card, id) {
  await page.locator(`.card[data-id="${id}"]:not(.offline)`).waitFor();
  await card(page, id).click();
  await page.locator('#detail [data-chart=CPU] canvas').waitFor();
}

const asksCpu = (request) => request.url().includes('/api/history/')
  && query(request).metric.includes('cpu.user');

async function testRanges({ startHub, startAgents, openPage, card, shot }) {
  const hub = await startHub({ hosts: scene });
  startAgents(hub);
  const { page, errors } = await openPage(hub, { answers: { '**/api/history/**': past } });
  await open(page, card, 'db-1');
  for (const [name, [length, step]] of Object.entries(ranges)) {
    const [request] = await Promise.all([
      page.waitForRequest((each) => asksCpu(each) && query(each).step === step),
      page.click(`[data-range="${name}"]`),
    ]);
    const asked = query(request);
    assert.equal(asked.from % (step * 1000), 0, `${name} begins within a step`);
    const late = length - (asked.to - asked.from);
    assert.ok(late <= 1000 && late >= -step * 1000, `${name} is ${late} ms too short`);
    assert.ok(Math.abs(Date.now() - asked.to) < 5000, `${name} does not end now`);
    assert.equal(await page.locator('#detail [aria-pressed=true]').textContent(),
      await page.locator(`[data-range="${name}"]`).textContent());
    await page.waitForTimeout(400);
    await shot(page, `range-${name}`);
  }
  await page.keyboard.press('3');
  assert.equal(await page.locator('[data-range="24h"]').getAttribute('aria-pressed'), 'true');
  await Promise.all([
    page.waitForRequest((each) => asksCpu(each) && query(each).step === 120),
    page.getByRole('button', { name: 'Zoom in' }).click(),
  ]);
  assert.equal(await page.locator('#detail .filter [aria-pressed=true]').count(), 0);
  await page.getByText('Reset').click();
  assert.equal(await page.locator('[data-range="24h"]').getAttribute('aria-pressed'), 'true');
  assert.deepEqual(errors, []);
}

async function testGap({ startHub, startAgents, openPage, card, shot }) {
  const hub = await startHub({ hosts: scene });
  startAgents(hub);
  const { page, errors } = await openPage(hub, { answers: { '**/api/history/**': past } });
  await open(page, card, 'db-1');
  await page.click('[data-range="24h"]');
  await page.waitForTimeout(1500);
  const [before, between, after] = await painted(page, 'Network');
  assert.ok(before > 50 && after > 50, `${before} and ${after} pixels of a line`);
  assert.equal(between, 0, 'an outage is drawn as a line');
  await shot(page, 'gap');
  const over = await page.locator('[data-chart=Network] .u-over').boundingBox();
  await page.mouse.move(over.x + over.width * 0.2, over.y + 40);
  const value = page.locator('[data-chart=Network] .legend b').first();
  assert.equal(await value.textContent(), '488 KiB/s (391 KiB/s – 586 KiB/s)');
  const drag = page.waitForRequest((each) => asksCpu(each) && query(each).step < 300);
  await page.mouse.down();
  await page.mouse.move(over.x + over.width * 0.4, over.y + 40, { steps: 4 });
  await page.mouse.up();
  const { from, to } = query(await drag);
  assert.ok(Math.abs((to - from) / DAY - 0.2) < 0.02, `a fifth is ${(to - from) / DAY} of a day`);
  assert.deepEqual(errors, []);
}

/** One finger sideways moves the time, up it scrolls the page, two apart zoom. */
async function testFingers({ startHub, startAgents, openPage, card, shot }) {
  const hub = await startHub({ hosts: scene });
  startAgents(hub);
  const answers = { '**/api/history/**': past };
  const { page, errors } = await openPage(hub, { width: 390, height: 844, mobile: true, answers });
  await open(page, card, 'db-1');
  const fingers = await page.context().newCDPSession(page);
  const swipe = async (...moves) => {
    const over = await page.locator('[data-chart=CPU] .u-over').boundingBox();
    const at = ([x, y = 0.5], id) => (
      { x: over.x + over.width * x, y: over.y + over.height * y, id }
    );
    const send = (type, places) => fingers.send('Input.dispatchTouchEvent', {
      type, touchPoints: places.map(at),
    });
    await send('touchStart', moves[0]);
    for (const places of moves.slice(1)) await send('touchMove', places);
    await send('touchEnd', []);
  };
  const length = async (move) => {
    const asks = page.waitForRequest(asksCpu);
    await move();
    const { from, to } = query(await asks);
    return { ago: Date.now() - to, wide: to - from };
  };
  await page.waitForTimeout(1000);
  const moved = await length(() => swipe([[0.3]], [[0.45]], [[0.6]], [[0.8]]));
  assert.ok(moved.ago > 20 * MINUTE && moved.wide <= 61 * MINUTE, JSON.stringify(moved));
  const closer = await length(() => swipe([[0.4], [0.6]], [[0.3], [0.7]], [[0.1], [0.9]]));
  assert.ok(Math.abs(closer.wide / MINUTE - 15) < 1.5, JSON.stringify(closer));
  await shot(page, 'phone-fingers');
  await swipe([[0.5, 0.9]], [[0.5, 0.7]], [[0.5, 0.2]], [[0.5, -0.6]]);
  await page.waitForFunction(() => document.querySelector('#detail').scrollTop > 30);
  assert.deepEqual(errors, []);
}

async function testWords({ startHub, startAgents, openPage, card, shot }) {
  const hub = await startHub({ hosts: scene });
  const agents = startAgents(hub);
  const first = await openPage(hub);
  await open(first.page, card, 'attic-pi');
  const power = first.page.locator('#detail .fact', { hasText: 'Power' }).locator('.value');
  const words = 'good now; 4 undervoltages, 2 throttlings since the agent started';
  assert.equal(await power.textContent(), words);
  for (const chart of ['Disk I/O', 'Inodes in use', 'Pressure', 'Wi-Fi signal']) {
    await first.page.locator(`[data-chart="${chart}"]`).waitFor();
  }
  const tracked = first.page.locator('[data-chart="Tracked connections"]');
  assert.equal(await tracked.isVisible(), false, 'a host that tracks none has a chart of them');
  agents.find((agent) => agent.host.id === 'nas').stop();
  await first.page.locator('.card.offline[data-id=nas]').waitFor({ state: 'attached' });
  await first.page.waitForTimeout(2000);
  const { page, errors } = await openPage(hub);
  await page.locator('.card.offline[data-id=nas]').waitFor();
  const { hosts } = await fetch(`http://${hub.address}/api/hosts`).then((answer) => answer.json());
  const heard = hosts.find((host) => host.id === 'nas').last_seen;
  const text = await page.evaluate((time) => new Date(time).toLocaleTimeString('en-GB'), heard);
  const title = await card(page, 'nas').locator('.state').getAttribute('title');
  assert.ok(title.startsWith('last heard of ') && title.endsWith(`, ${text}`), title);
  await card(page, 'nas').click();
  await page.locator('#detail .note', { hasText: 'when it was last heard of' }).waitFor();
  await shot(page, 'dead');
  assert.deepEqual([...first.errors, ...errors], []);
}

async function testSparks({ startHub, startAgents, openPage, card }) {
  const hub = await startHub({ hosts: scene });
  const agents = startAgents(hub);
  const asked = [];
  const count = (route) => { asked.push(query(route.request()).host); return past(route); };
  const answers = { '**/api/history/**': count };
  const { page, errors } = await openPage(hub, { height: 300, answers });
  await page.locator('.card:not(.offline)').nth(scene.length - 1).waitFor();
  const line = card(page, 'edge-br').locator('.sparks .line').first();
  await page.waitForTimeout(3000);
  assert.match(await line.getAttribute('d'), /^M.+L.+M/, 'no line with a gap');
  assert.equal(new Set(asked).size, asked.length, 'a host is asked for twice');
  assert.ok(asked.length < agents.length, 'cards that nobody sees are asked for');
  await page.locator('.card').last().scrollIntoViewIfNeeded();
  await page.waitForTimeout(1000);
  assert.equal(new Set(asked).size, asked.length, 'a host is asked for twice');
  assert.deepEqual(errors, []);
}

async function testFailing({ startHub, startAgents, openPage, card, shot }) {
  const hub = await startHub({ hosts: scene });
  startAgents(hub);
  const refuse = (route) => route.fulfill({
    status: 503, json: { error: 'unavailable', message: 'the history cannot be read now' },
  });
  const full = (route) => route.fulfill({ json: { status: 'ok', store: 'no space left' } });
  const answers = { '**/api/history/**': refuse, '**/healthz': full };
  const { page, errors } = await openPage(hub, { answers });
  const told = page.locator('#store:visible', { hasText: 'no space left' });
  await told.waitFor();
  await page.waitForTimeout(2500);
  await open(page, card, 'db-1');
  await page.locator('#detail .note', { hasText: 'the history cannot be read now' }).waitFor();
  await page.click('[data-range="10m"]');
  await page.waitForTimeout(800);
  const label = await page.locator('[data-chart=Network] .canvas').getAttribute('aria-label');
  assert.match(label, /last: in [\d.]+ [KM]?i?B\/s/, 'what came live is not shown');
  await shot(page, 'failing');
  assert.deepEqual(errors, []);
}

/** What is built in is what its maker published. */
async function testPlotter({ startHub }) {
  const hub = await startHub();
  const folder = 'node_modules/uplot';
  const { version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const files = {
    'uplot.js': 'dist/uPlot.iife.min.js', 'uplot.css': 'dist/uPlot.min.css',
    'uplot-license.txt': 'LICENSE',
  };
  let bytes = 0;
  for (const [served, published] of Object.entries(files)) {
    const answer = await fetch(`http://${hub.address}/${served}`).then((each) => each.text());
    assert.ok(answer === readFileSync(`${folder}/${published}`, 'utf8'), `${served} is another`);
    bytes += Buffer.byteLength(answer);
  }
  console.log(`       uPlot ${version}, ${bytes} bytes`);
}

export async function testPast(tools) {
  await test(tools, 'uPlot is as its maker published it', testPlotter);
  await test(tools, 'each range asks for its time and step', testRanges);
  await test(tools, 'an outage is no line', testGap);
  await test(tools, 'fingers move, zoom and scroll', testFingers);
  await test(tools, 'what was and what arrives is told', testWords);
  await test(tools, 'sparklines ask once, for cards in view', testSparks);
  await test(tools, 'a store that fails is told of', testFailing);
}

const test = (tools, name, body) => tools.test(name, () => body(tools));
