// What wants attention stands on top; who may says to it what he knows; what happened is listed.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { sample, scene } from './fleet.mjs';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const phone = { width: 390, height: 844, mobile: true };

function tell(agent, number, after, status, more = {}) {
  const data = {
    alert_id: 'cpu-00000000000000ff', type: 'cpu', level: 'warning', title: 'Processor busy',
    message: 'the processor is 97.5% busy', value: 97.5, threshold: 95, status, ...more,
  };
  const meta = { boot_id: 'boot', number, after, age_ms: 0 };
  agent.socket.send(JSON.stringify({ type: 'alert', id: `a${number}`, data, meta }));
}

/** A server that takes notices under `/good` and refuses them elsewhere; what it was told. */
function sink() {
  const heard = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => { text += part; });
    request.on('end', () => {
      heard.push(JSON.parse(text));
      response.writeHead(request.url === '/good' ? 200 : 403).end('{"error":"no such topic"}');
    });
  });
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      done({ url: `http://127.0.0.1:${server.address().port}`, heard, server });
    });
  });
}

export async function testAlerts({ test, startHub, startAgents, openPage, card, shot }) {
  const rows = (page) => page.locator('#attention .wants');
  const names = async (page) => (await rows(page).locator('.of').allTextContents());
  const icon = (page) => page.locator('#icon').getAttribute('href');

  await test('what wants attention stands on top, and who may answers it', async () => {
    const hub = await startHub({ hosts: scene, alertToken: 'act' });
    const agents = startAgents(hub);
    const of = (id) => agents.find((agent) => agent.host.id === id);
    const { page, errors } = await openPage(hub);
    await page.locator('.card:not(.offline)').nth(scene.length - 1).waitFor();
    await sleep(1200);
    assert.equal(await page.locator('#attention').isVisible(), false, 'all is well');
    assert.deepEqual([await page.title(), await icon(page)], ['Kinglet', 'icon.svg']);

    tell(of('web-2'), 10, 0, 'active');
    of('web-2').socket.send(JSON.stringify({
      type: 'system', id: 's1', meta: { age_ms: 0 },
      data: { event: 'link_restored', attempts: 4, down_ms: 16787, reason: 'connection broken' },
    }));
    for (const [at, data] of [
      { event: 'start', uptime: 72 },
      { event: 'reboot', cause: 'watchdog', uptime: 31 },
      { event: 'oom_kill', killed: 2 },
      { event: 'filesystem_read_only', mount_point: '/srv' },
      { event: 'service_restart', service: 'x' },
    ].entries()) {
      of('edge-za').socket.send(JSON.stringify({ type: 'system', id: `e${at}`, data }));
    }
    of('edge-za').socket.send(JSON.stringify({
      type: 'status', id: 't',
      data: { component: 'sensors', status: 'degraded', details: { reason: '/sys/x: I/O error' } },
    }));
    const held = sample(scene[0], 1);
    const stuck = { mount_point: '/mnt/nas', fstype: 'nfs4', stuck: true };
    of('living-room-pi').held = { ...held, filesystems: [...held.filesystems, stuck] };
    of('edge-za').stop();
    await rows(page).nth(2).waitFor({ timeout: 9000 });
    await page.locator('#attention', { hasText: 'nothing is heard of it since' }).waitFor();
    assert.equal(await page.title(), '(3) Kinglet');
    assert.equal(await icon(page), 'icon-3.svg');
    assert.equal((await page.request.get(`http://${hub.address}/icon-3.svg`)).status(), 200);
    assert.deepEqual((await names(page)).sort(), ['Living room', 'edge-za', 'web-2']);
    assert.equal((await names(page))[0], 'edge-za', 'the worst first');
    const first = page.locator('[data-group=Production] .name').first();
    assert.equal(await first.textContent(), 'web-2', 'before those that are well');

    const busy = rows(page).filter({ hasText: 'Processor busy' });
    await busy.locator('button', { hasText: 'Acknowledge' }).click();
    await page.locator('#login:visible').waitFor();
    await page.fill('#token', 'act');
    await page.click('#login button');
    await page.locator('#link[data-state=live]').waitFor();
    await busy.locator('button', { hasText: 'Acknowledge' }).click();
    await busy.locator('.when', { hasText: 'acknowledged by page' }).waitFor();
    await page.waitForFunction(() => document.title === '(2) Kinglet');
    const away = rows(page).filter({ hasText: 'Host offline' });
    await away.locator('select').selectOption('this for a day');
    await away.locator('.when', { hasText: 'silent until' }).waitFor();
    await page.waitForFunction(() => document.title === '(1) Kinglet');
    assert.equal((await names(page))[0], 'Living room', 'what is known is last');

    tell(of('web-2'), 20, 10, 'resolved');
    await busy.waitFor({ state: 'detached' });
    await page.click('#show-timeline');
    const told = page.locator('#timeline .wants');
    await told.nth(1).waitFor();
    const text = (await told.allTextContents()).join('\n');
    assert.match(text, /web-2Processor busy.*over after/);
    assert.match(text, /edge-zaHost offline.*open/);
    assert.match(text, /web-2Connected again after 16 s, 4 attempts/);
    for (const words of [
      /edge-zaAgent started 1 min after the host/, /edge-zaRebooted its watchdog reset it/,
      /edge-zaOut of memory 2 killed/, /edge-zaRead-only a file system/,
      // Names are not for everybody.
      /edge-zaservice_restart/, /edge-zasensors degraded/,
    ]) {
      assert.match(text, words);
    }
    await shot(page, 'timeline');
    await page.keyboard.press('Escape');
    await card(page, 'web-2').click();
    await page.locator('#detail .timeline .wants', { hasText: 'Processor busy' }).waitFor();
    await page.keyboard.press('Escape');
    // The browser complains of the refusal itself.
    assert.deepEqual(errors.filter((error) => !error.includes('401')), []);
  });

  await test('who is told is listed with a test, and what is silent with an end', async () => {
    const { url, heard, server } = await sink();
    const notify = { phone: `${url}/good`, pager: `${url}/bad` };
    const hub = await startHub({ hosts: scene, viewerToken: 'look', alertToken: 'act', notify });
    const [agent] = startAgents(hub, [scene[0]]);
    const views = { notices: await openPage(hub) };
    views['notices-dark'] = await openPage(hub, { scheme: 'dark' });
    views['notices-phone'] = await openPage(hub, phone);
    const login = async (page, token) => {
      await page.locator('#login:visible').waitFor();
      await page.fill('#token', token);
      await page.click('#login button');
      await page.locator('#link[data-state=live]').waitFor();
      await page.locator('.card:not(.offline)').first().waitFor();
    };
    const { page, errors } = views.notices;
    const parts = (each) => each.locator('#timeline .block');
    const of = (each, name) => parts(each).locator('.wants', { hasText: name });
    await login(page, 'look');
    tell(agent, 10, 0, 'active');
    await rows(page).first().waitFor();
    await page.click('#show-timeline');
    await of(page, 'phone').locator('button').click();
    await login(page, 'act');
    assert.equal(heard.filter(({ state }) => state === 'test').length, 0, 'may look only');
    await rows(page).locator('select').selectOption('the host for a day');
    await rows(page).locator('.when', { hasText: 'silent until' }).waitFor();
    await page.click('#show-timeline');
    await of(page, 'phone').locator('.what', { hasText: 'The last notice was taken' }).waitFor();
    await of(page, 'pager').locator('.what', { hasText: 'not there: 403' }).waitFor();
    const outcomes = [['phone', /^The test was taken/], ['pager', /403.*no such topic/]];
    for (const [name, says] of outcomes) {
      await of(page, name).locator('button', { hasText: 'Send a test' }).click();
      await of(page, name).locator('.said', { hasText: says }).waitFor();
    }
    assert.equal(heard.filter(({ state }) => state === 'test').length, 2);
    for (const [name, { page: each }] of Object.entries(views)) {
      await each.bringToFront();
      if (each !== page) {
        await login(each, 'act');
        await each.click('#show-timeline');
        await of(each, 'pager').waitFor();
      }
      await parts(each).locator('.wants', { hasText: 'by page' }).waitFor();
      await shot(each, name);
      const wide = await each.evaluate(() => {
        const node = document.querySelector('#timeline');
        return node.scrollWidth > node.clientWidth;
      });
      assert.equal(wide, false, `${name} scrolls sideways`);
    }
    const silent = of(page, 'by page');
    await silent.locator('button', { hasText: 'End' }).click();
    await silent.waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.title === '(1) Kinglet');
    server.close();
    // The browser complains of the refusals themselves.
    assert.deepEqual(errors.filter((error) => !/40[13]|502/.test(error)), []);
  });

  await test('what alerts say is text, and fits every screen', async () => {
    const hub = await startHub({ hosts: scene, alertToken: 'act' });
    const agents = startAgents(hub);
    const views = { attention: await openPage(hub) };
    views['attention-dark'] = await openPage(hub, { scheme: 'dark' });
    views['attention-phone'] = await openPage(hub, phone);
    await views.attention.page.locator('.card:not(.offline)').nth(scene.length - 1).waitFor();
    const nasty = '<img src=x onerror="document.title=1">'.repeat(4);
    agents.slice(0, 5).forEach((agent, at) => {
      const level = at % 2 ? 'critical' : 'warning';
      tell(agent, 10, 0, 'active', { level, message: at ? 'it is 97.5% full' : nasty });
    });
    agents.at(-1).stop();
    for (const [name, { page, errors }] of Object.entries(views)) {
      await page.bringToFront();
      await rows(page).nth(5).waitFor({ timeout: 9000 });
      await sleep(400);
      assert.equal(await page.locator('#attention img').count(), 0);
      await shot(page, name);
      const wide = await page.evaluate(() => {
        const root = document.documentElement;
        return root.scrollWidth > root.clientWidth;
      });
      assert.equal(wide, false, `${name} scrolls sideways`);
      await page.click('#show-timeline');
      await page.locator('#timeline .wants').nth(5).waitFor();
      await shot(page, `${name}-timeline`);
      await page.keyboard.press('Escape');
      assert.deepEqual(errors, []);
    }
  });
}
