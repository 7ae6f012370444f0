// The page in a real browser against the real hub.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { testAccount } from './account.mjs';
import { testAlerts } from './alerts.mjs';
import { testAxe } from './axe.mjs';
import { Agent, sample, scene } from './fleet.mjs';
import { Hub, freePort } from './hub.mjs';
import { testHosts } from './hosts.mjs';
import { testLayout } from './layout.mjs';
import { testMany } from './many.mjs';
import { testOwner } from './owner.mjs';
import { testPast } from './past.mjs';
import { testReach } from './reach.mjs';
import { testRules } from './rules.mjs';
import { testWall } from './wall.mjs';
import { testWire } from './wire.mjs';
import { testWords } from './words.mjs';

const [binary, out, only] = process.argv.slice(2);
mkdirSync(out, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
});
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const results = [];
const closing = [];

async function test(name, body) {
  if (only && !name.includes(only)) return;
  const begun = Date.now();
  const error = await body().then(() => null, (reason) => reason);
  for (const close of closing.splice(0).reverse()) await close();
  results.push(!error);
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  console.log(`${error ? 'FAILED' : 'ok    '} ${name} (${seconds} s)`);
  if (error) console.log(error.stack);
}

async function startHub(options) {
  const hub = new Hub(binary, await freePort(), options);
  await hub.start();
  closing.push(() => hub.stop());
  return hub;
}

function startAgents(hub, hosts = scene, interval = 1000) {
  const options = { token: hub.token, interval };
  const agents = hosts.map((host) => new Agent(`ws://${hub.address}`, host, options));
  closing.push(async () => agents.forEach((agent) => agent.stop()));
  return agents;
}

/** A page and every complaint of its console. */
async function openPage(hub, options = {}) {
  const { width = 1320, height = 1000, scheme = 'light', mobile = false } = options;
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: scheme, deviceScaleFactor: mobile ? 3 : 1,
    isMobile: mobile, hasTouch: mobile, locale: options.locale ?? 'en-GB',
  });
  closing.push(() => context.close());
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    // The browser complains of each answer that is no 200; that the hub kept nothing is no fault.
    if (message.location().url.includes('/api/history/')) return;
    if (['error', 'warning'].includes(message.type())) errors.push(message.text());
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`http://${hub.address}/`)) errors.push(`request to ${url}`);
  });
  const { answers = {}, path = '', before } = options;
  if (before) await page.addInitScript(before);
  for (const [path, answer] of Object.entries(answers)) await page.route(path, answer);
  await page.goto(`http://${hub.address}/${path}`);
  return { page, errors };
}

const card = (page, id) => page.locator(`.card[data-id="${id}"]`);
function values(page, id) {
  return card(page, id).locator('.meter .value, .fact .value').allTextContents();
}
function shot(page, name, options) {
  return page.screenshot({ path: join(out, `${name}.png`), ...options });
}

function size(value) {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let unit = 0;
  while (value >= 999.5 && unit < 5) { value /= 1024; unit += 1; }
  return `${value.toFixed(unit === 0 || value >= 99.95 ? 0 : 1)} ${names[unit]}/s`;
}

const share = (value) => `${value.toFixed(1)}%`;

/** What a card must show, computed here from what the hub holds. */
function expected({ metrics }) {
  const root = metrics.filesystems.find((mount) => mount.mount_point === '/');
  const temps = metrics.temperatures.map((sensor) => sensor.celsius);
  return [
    ...[metrics.cpu.usage, metrics.memory.usage_percent, root.usage_percent].map(share),
    size(metrics.network.rx_speed), size(metrics.network.tx_speed),
    metrics.load_average.one.toFixed(2),
    temps.length > 0 ? `${Math.round(Math.max(...temps))} °C` : '–',
  ];
}

async function compare(hub, page) {
  const { hosts } = await fetch(`http://${hub.address}/api/hosts`).then((answer) => answer.json());
  assert.equal(hosts.length, scene.length);
  for (const host of hosts) assert.deepEqual(await values(page, host.id), expected(host), host.id);
}

await test('numbers on the page are the hub\'s, and move', async () => {
  const hub = await startHub({ hosts: scene });
  const agents = startAgents(hub);
  const { page, errors } = await openPage(hub);
  await page.locator('.card:not(.offline)').nth(scene.length - 1).waitFor();
  const before = await values(page, 'web-1');
  await sleep(2500);
  assert.notDeepEqual(await values(page, 'web-1'), before, 'nothing moved');
  agents.forEach((agent) => agent.hold());
  await sleep(2500);
  await compare(hub, page);
  const groups = await page.locator('.group h2 span').allTextContents();
  assert.deepEqual(groups, ['Edge', 'Home', 'Production']);
  assert.equal(await page.locator('#summary').textContent(), `${scene.length} online`);
  const text = await fetch(`http://${hub.address}/api/hosts`).then((answer) => answer.text());
  for (const secret of ['SECRET-SERIAL', '02:00:5e', hub.token, 'sha256']) {
    assert.ok(!text.includes(secret), `${secret} is public`);
  }
  assert.deepEqual(errors, []);
});

await test('search, sort, filter and details', async () => {
  const hub = await startHub({ hosts: scene });
  startAgents(hub, scene.slice(1));
  const { page, errors } = await openPage(hub);
  await page.locator('.card:not(.offline)').nth(scene.length - 2).waitFor();
  const names = () => page.locator('.card .name').allTextContents();
  await page.fill('#search', 'helsinki');
  assert.deepEqual(await names(), ['db-1', 'web-1']);
  await page.fill('#search', '');
  await page.selectOption('#sort', 'disk');
  const fullest = page.locator('[data-group=Production] .name').first();
  assert.equal(await fullest.textContent(), 'Build runner');
  await page.click('[data-show=offline]');
  assert.deepEqual(await names(), ['Living room']);
  assert.equal(await page.locator('.card .state').textContent(), 'never seen');
  await page.click('[data-show=all]');
  await sleep(3000);
  await card(page, 'build').click();
  await page.locator('#detail .chart').first().waitFor();
  assert.equal(await page.locator('#detail .name').textContent(), 'Build runner');
  const told = await page.locator('#detail [data-chart=CPU] .canvas').getAttribute('aria-label');
  assert.match(told, /^CPU over time; last: user [\d.]+% \(min [\d.]+%, mean .*?\), nice/);
  assert.equal(await page.locator('#detail .cores i').count(), 32);
  const [up, close] = await Promise.all(['.state', '.close'].map((each) =>
    page.locator(`#detail .head ${each}`).boundingBox()));
  assert.ok(up.x + up.width <= close.x, 'the button that closes hides the time up');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#detail').isVisible(), false);
  assert.deepEqual(errors, []);
});

await test('a mount that shows the space of others says so', async () => {
  const hub = await startHub();
  const [agent] = startAgents(hub, [scene[0]]);
  const held = sample(scene[0], 1);
  const pool = { mount_point: '/mnt/pool', fstype: 'fuse.mergerfs', view: true, read_only: true };
  const space = { total: 2 ** 42, used: 2 ** 41, usage_percent: 50 };
  agent.held = { ...held, filesystems: [...held.filesystems, { ...pool, ...space }] };
  const { page, errors } = await openPage(hub);
  await page.locator('.card:not(.offline)').first().click();
  const row = page.locator('#detail .row', { hasText: '/mnt/pool' });
  await row.waitFor();
  const marks = 'fuse.mergerfs, view, read-only';
  assert.equal(await row.locator('small').textContent(), marks);
  const others = page.locator('#detail .row', { hasNotText: '/mnt/pool' });
  assert.doesNotMatch((await others.allTextContents()).join(), /view/);
  await shot(page, 'view');
  assert.deepEqual(errors, []);
});

await test('a disk says how it is, and one that is not well wants attention', async () => {
  const hub = await startHub();
  const [agent] = startAgents(hub, [scene[0]]);
  const held = sample(scene[0], 1);
  const [one] = held.disks;
  const well = { ...one, health_failed: false, power_on_hours: 20074, reallocated_sectors: 0 };
  const ill = { ...one, name: 'sdb', health_failed: true, standby: true, pending_sectors: 8 };
  agent.held = { ...held, disks: [well, ill] };
  const { page, errors } = await openPage(hub);
  await page.locator('#attention', { hasText: 'sdb' }).waitFor();
  await page.locator('.card:not(.offline)').first().click();
  const told = async (name) => page.locator('#detail .row', { hasText: name }).first()
    .locator('small').textContent();
  await page.locator('#detail .row', { hasText: 'sdb' }).waitFor();
  assert.match(await told('sda'), /, healthy, 20,074 hours$/);
  assert.match(await told('sdb'), /, NOT WELL, in standby, 8 sectors pending$/);
  await shot(page, 'disks');
  assert.deepEqual(errors, []);
});

await test('failed units are named to who has the token, and counted to others', async () => {
  for (const viewerToken of ['look', undefined]) {
    const hub = await startHub({ viewerToken });
    const [agent] = startAgents(hub, [scene[0]]);
    const units = { failed: 18, state: 'degraded', failed_names: ['backup.timer', 'web.service'] };
    agent.held = { ...sample(scene[0], 1), units };
    const { page, errors } = await openPage(hub);
    if (viewerToken) {
      await page.fill('#token', viewerToken);
      await page.click('#login button');
    }
    await page.locator('.card:not(.offline)').first().click();
    await page.locator('#detail .fact', { hasText: 'degraded, 18 failed' }).waitFor();
    const rows = await page.locator('#detail .row', { hasText: /service|timer|others/ })
      .locator('.key').allTextContents();
    const named = ['backup.timer', 'web.service', 'and others'];
    assert.deepEqual(rows.map((key) => key.trim()), viewerToken ? named : []);
    assert.deepEqual(errors, []);
  }
});

await test('a host goes offline and returns', async () => {
  const hub = await startHub({ hosts: scene });
  const agents = startAgents(hub);
  const { page, errors } = await openPage(hub);
  await page.locator('.card:not(.offline)').nth(scene.length - 1).waitFor();
  const nas = agents.find((agent) => agent.host.id === 'nas');
  nas.stop();
  await page.locator('.card.offline[data-id=nas]').waitFor({ timeout: 8000 });
  const state = await card(page, 'nas').locator('.state').textContent();
  assert.match(state, /^offline since \d\d:\d\d$/);
  const summary = page.locator('#summary');
  assert.equal(await summary.textContent(), `${scene.length - 1} online · 1 offline`);
  startAgents(hub, [nas.host]);
  await page.locator('.card[data-id=nas]:not(.offline)').waitFor({ timeout: 5000 });
  assert.equal(await page.locator('#summary').textContent(), `${scene.length} online`);
  assert.deepEqual(errors, []);
});

await test('the hub is killed and comes back', async () => {
  const hub = await startHub({ hosts: scene });
  const agents = startAgents(hub);
  const { page, errors } = await openPage(hub);
  await page.locator('.card:not(.offline)').nth(scene.length - 1).waitFor();
  await hub.stop('SIGKILL');
  await page.locator('#stale:visible').waitFor({ timeout: 5000 });
  const stale = await page.locator('#stale').textContent();
  assert.match(stale, /^No connection to the hub\. These figures are from /);
  assert.equal(await page.locator('#link').getAttribute('data-state'), 'lost');
  await sleep(1500);
  await hub.start();
  await page.locator('#link[data-state=live]').waitFor({ timeout: 15000 });
  await page.locator('#stale').waitFor({ state: 'hidden' });
  await page.locator('.card:not(.offline)').nth(scene.length - 1).waitFor();
  agents.forEach((agent) => agent.hold());
  await sleep(2500);
  await compare(hub, page);
  // The browser itself complains of each refused connection; nothing else may.
  const other = errors.filter((error) => !/ERR_CONNECTION_(REFUSED|RESET)/.test(error));
  assert.deepEqual(other, []);
});

await test('what an agent says is text, never markup', async () => {
  const hub = await startHub();
  const nasty = '<img src=x onerror="document.title=\'owned\'">'
    + '<script>document.title="owned"</script>';
  const host = { ...scene[0], id: '"><b>x<b>', os: nasty, brand: nasty };
  const agents = startAgents(hub, [host]);
  const send = () => {
    const mount = { mount_point: nasty, fstype: nasty, total: 1, used: 1, usage_percent: 50 };
    const temperatures = [{ label: nasty, celsius: 40 }];
    agents[0].held = { ...sample(host, 1), hostname: nasty, temperatures, filesystems: [mount] };
  };
  send();
  const { page, errors } = await openPage(hub);
  await page.locator('.card').first().waitFor();
  await sleep(1500);
  await page.locator('.card').first().click();
  await sleep(500);
  assert.match(await page.title(), /^(\(\d\) )?<img .* · Kinglet$/);
  const markup = page.locator('.card img, .card script, .card b, #detail img, #detail script');
  assert.equal(await markup.count(), 0);
  assert.ok((await page.locator('.card .name').textContent()).startsWith('<img'));
  assert.deepEqual(errors, []);
});

await test('a hub with a token asks for it', async () => {
  const hub = await startHub({ hosts: scene, viewerToken: 'look' });
  startAgents(hub);
  const health = (route) => route.fulfill({ json: { store: 'ok', way: 'tokens can be read' } });
  const { page, errors } = await openPage(hub, { answers: { '**/healthz': health } });
  await page.locator('#login:visible').waitFor();
  const way = await page.locator('#way:visible').textContent();
  assert.equal(way, 'The hub is not safe: tokens can be read.');
  await shot(page, 'login');
  assert.equal(await page.locator('.card').count(), 0);
  await page.fill('#token', 'wrong');
  await page.click('#login button');
  await page.locator('#login-error', { hasText: 'not accepted' }).waitFor();
  await page.fill('#token', 'look');
  await page.click('#login button');
  await page.locator('.card:not(.offline)').nth(scene.length - 1).waitFor();
  assert.equal(await page.locator('#login').isVisible(), false);
  assert.deepEqual(errors, []);
});

await testAlerts({ test, startHub, startAgents, openPage, card, shot });
await testAccount({ test, startHub, startAgents, openPage, shot });
await testHosts({ test, startHub, startAgents, openPage, shot });
await testRules({ test, startHub, startAgents, openPage, shot });
await testWords({ test, startHub, startAgents, openPage, shot });
const tools = { test, startHub, startAgents, openPage, card, shot };
await testPast(tools);
await testLayout(tools);
await testMany(tools);
await testWall(tools);
await testAxe(tools);
await testOwner(tools);
await testReach(tools);
await testWire({ test, startHub, startAgents, openPage, card });

await test('five hundred hosts', async () => {
  const hub = await startHub({ offlineAfter: 60 });
  const nth = (_, n) => ({ ...scene[n % scene.length], id: `host-${n}`, location: '' });
  const many = Array.from({ length: 500 }, nth);
  startAgents(hub, many, 5000);
  const { page, errors } = await openPage(hub, { path: '?view=cards' });
  await page.locator('.card').nth(499).waitFor({ timeout: 20000 });
  const busy = await page.evaluate(() => new Promise((done) => {
    let longest = 0;
    const watch = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
    });
    watch.observe({ type: 'longtask' });
    setTimeout(() => done(longest), 6000);
  }));
  console.log(`       longest task with 100 reports a second: ${busy.toFixed(0)} ms`);
  assert.ok(busy < 400, `the page froze for ${busy} ms`);
  await shot(page, 'many');
  assert.deepEqual(errors, []);
});

await test('pictures', async () => {
  const hub = await startHub({ hosts: scene });
  const agents = startAgents(hub, scene, 400);
  const { page } = await openPage(hub);
  const views = { desktop: page };
  views.dark = (await openPage(hub, { scheme: 'dark' })).page;
  const phone = { width: 390, height: 844, mobile: true };
  views.phone = (await openPage(hub, phone)).page;
  views['phone-dark'] = (await openPage(hub, { ...phone, scheme: 'dark' })).page;
  await sleep(15000);
  agents.find((agent) => agent.host.id === 'edge-za').stop();
  await sleep(15000);
  for (const [name, each] of Object.entries(views)) {
    await each.bringToFront();
    await sleep(800);
    await shot(each, name, { fullPage: name === 'desktop' });
    await card(each, 'db-1').click();
    await sleep(800);
    await shot(each, `${name}-detail`);
    const wide = await each.evaluate(() => {
      const nodes = [document.documentElement, document.querySelector('#detail')];
      return nodes.some((node) => node.scrollWidth > node.clientWidth);
    });
    assert.equal(wide, false, `${name} scrolls sideways`);
    await each.keyboard.press('Escape');
  }
  await hub.stop('SIGKILL');
  await sleep(1500);
  await views.phone.bringToFront();
  await sleep(500);
  await shot(views.phone, 'phone-stale');
});

await browser.close();
const failed = results.filter((good) => !good).length;
const passed = `all ${results.length} passed; pictures in ${out}`;
console.log(failed > 0 ? `${failed} of ${results.length} failed` : passed);
process.exit(failed > 0 ? 1 : 0);
