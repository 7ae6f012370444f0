// Alert rules and receivers are added, changed and removed on the page.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scene } from './fleet.mjs';

const SECRET = 'tk-typed-on-the-page';

/** A server that takes every notice; what it heard. */
function sink() {
  const heard = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => { text += part; });
    request.on('end', () => {
      heard.push({ token: request.headers.authorization, body: JSON.parse(text) });
      response.writeHead(200).end();
    });
  });
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      done({ url: `http://127.0.0.1:${server.address().port}/hook`, heard, server });
    });
  });
}

export async function testRules({ test, startHub, startAgents, openPage, shot }) {
  await test('who may sets rules and receivers on the page', async () => {
    const { url, heard, server } = await sink();
    const stateDir = mkdtempSync(join(tmpdir(), 'kinglet-state-'));
    const notify = { fixed: url };
    const hub = await startHub({ hosts: scene, alertToken: 'act', stateDir, notify });
    startAgents(hub, [scene[0]]);
    const { page, errors } = await openPage(hub);
    await page.locator('.card:not(.offline)').first().waitFor();
    await page.click('#show-timeline');
    const enter = page.locator('#timeline button', { hasText: 'Alerts and receivers' });
    await enter.click();
    await page.locator('#login:visible').waitFor();
    await page.fill('#token', 'act');
    await page.click('#login button');
    await page.locator('#link[data-state=live]').waitFor();
    await page.click('#show-timeline');
    await enter.click();
    const [rules, receivers] = [0, 1].map((at) => page.locator('#rules .block').nth(at));
    const named = (name) => page.locator('.of', { hasText: name });
    const row = (part, name) => part.locator('.wants', { has: named(name) });
    await row(rules, 'offline').locator('.when', { hasText: 'built in' }).waitFor();
    assert.equal(await row(rules, 'offline').locator('button').count(), 0, 'nothing to change');
    assert.equal((await rules.textContent()).includes('undefined'), false);
    await row(receivers, 'fixed').locator('.when', { hasText: 'hub.toml:' }).waitFor();
    assert.equal(await row(receivers, 'fixed').locator('button').count(), 1, 'the test alone');

    await rules.locator('button', { hasText: 'Add a rule' }).click();
    const fill = (part, name, value) => part.locator(`[name="${name}"]`).fill(value);
    await page.locator('#metric-names option').first().waitFor({ state: 'attached' });
    const said = [['name', 'busy'], ['metric', 'cpu.usge'], ['line', '0.01'], ['title', 'Busy']];
    for (const [name, value] of said) await fill(rules, name, value);
    await rules.locator('button', { hasText: 'Save' }).click();
    await rules.locator('.said', { hasText: 'did you mean `cpu.usage`?' }).waitFor();
    await fill(rules, 'metric', 'cpu.usage');
    await shot(page, 'rules-form');
    await rules.locator('button', { hasText: 'Save' }).click();
    await row(rules, 'busy').locator('.when', { hasText: 'set here' }).waitFor();
    await row(rules, 'busy').locator('.what', { hasText: 'cpu.usage above 0.01' }).waitFor();
    await page.locator('#attention .wants', { hasText: 'Busy' }).waitFor({ state: 'attached' });
    assert.match(readFileSync(join(stateDir, 'alerts.d', 'busy.toml'), 'utf8'), /above = 0.01/);

    await receivers.locator('button', { hasText: 'Add a receiver' }).click();
    await receivers.locator('[name=kind]').selectOption('webhook');
    for (const [name, value] of [['name', 'phone'], ['url', url], ['token', SECRET]]) {
      await fill(receivers, name, value);
    }
    await receivers.locator('button', { hasText: 'Save' }).click();
    await row(receivers, 'phone').locator('button', { hasText: 'Send a test' }).click();
    await row(receivers, 'phone').locator('.said', { hasText: 'The test was taken' }).waitFor();
    const tested = heard.find(({ body }) => body.state === 'test');
    assert.equal(tested.token, `Bearer ${SECRET}`);
    await row(receivers, 'phone').locator('button', { hasText: 'Change' }).click();
    assert.equal(await receivers.locator('[name=token]').inputValue(), '', 'it never comes back');
    assert.equal(await receivers.locator('[name=token]').getAttribute('placeholder'), 'as it is');
    await receivers.locator('[name=level]').selectOption('critical');
    await receivers.locator('button', { hasText: 'Save' }).click();
    await row(receivers, 'phone').waitFor();
    assert.equal((await page.content()).includes(SECRET), false);
    await shot(page, 'rules');
    const wide = await page.evaluate(() => {
      const node = document.querySelector('#rules');
      return node.scrollWidth > node.clientWidth;
    });
    assert.equal(wide, false, 'it scrolls sideways');

    await row(receivers, 'phone').locator('button', { hasText: 'Remove' }).click();
    await row(receivers, 'phone').waitFor({ state: 'detached' });
    await row(rules, 'busy').locator('button', { hasText: 'Remove' }).click();
    await row(rules, 'busy').waitFor({ state: 'detached' });
    await page.locator('#attention .wants', { hasText: 'Busy' }).waitFor({ state: 'detached' });
    for (const folder of ['alerts.d', 'notify.d']) {
      assert.deepEqual(readdirSync(join(stateDir, folder)), [], folder);
    }
    // The browser complains of each refusal itself.
    assert.deepEqual(errors.filter((error) => !/40[01]/.test(error)), []);
    server.close();
  });
}
