// Who is signed in has a menu; owners hand out links and change users; a screen comes by a link.

import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scene } from './fleet.mjs';

const PASSWORD = 'correct horse';
const OTHER = 'battery staple';

async function signIn(page, name, password = PASSWORD) {
  await page.locator('#login:visible').waitFor();
  await page.fill('#name', name);
  await page.fill('#password', password);
  await page.click('#login button[type=submit]');
  await page.locator('#link[data-state=live]').waitFor();
}

/** Opens an entry of the menu. */
async function open(page, entry) {
  await page.click('.account summary');
  await page.locator('.account-list button', { hasText: entry }).click();
  await page.locator('#account[open]').waitFor();
}

const press = (scope, label) => scope.locator('button', { hasText: label }).first().click();
const row = (page, name) => page.locator('#account .wants', {
  has: page.locator('.of', { hasText: name }),
});

/** What the console says of requests that are refused on purpose. */
const real = (errors) => errors.filter((text) => !/status of 40[0139]|WebSocket/.test(text));

export async function testAccount({ test, startHub, startAgents, openPage, shot }) {
  const begin = async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'kinglet-state-'));
    const hub = await startHub({ hosts: scene, stateDir, users: true });
    hub.command(`${PASSWORD}\n`, 'user', 'add', 'ada');
    startAgents(hub, [scene[0]]);
    return hub;
  };

  await test('account: a screen comes by an owner\'s link until it is removed', async () => {
    const hub = await begin();
    const { page, errors } = await openPage(hub);
    await signIn(page, 'ada');
    await open(page, 'Links');
    await press(page.locator('#account'), 'Add a link');
    await page.fill('#account [name=name]', 'lobby');
    await page.fill('#account [name=days]', '30');
    await press(page.locator('#account .fields'), 'Save');
    const address = await page.locator('.link-made code').textContent();
    assert.match(address, /^http:\/\/[^/]+\/\?view=wall#link=kl_[0-9a-f]{64}$/);
    await row(page, 'lobby').locator('.what', { hasText: 'good until' }).waitFor();
    await shot(page, 'account-links');

    const path = address.split('/').pop();
    const screen = await openPage(hub, { path });
    await screen.page.locator('#link[data-state=live]').waitFor({ state: 'attached' });
    assert.equal(new URL(screen.page.url()).hash, '', 'it is out of the address bar');
    assert.equal(new URL(screen.page.url()).search, '?view=wall');
    assert.equal(await screen.page.evaluate(() => document.cookie), '', 'no script reads it');
    await screen.page.reload();
    await screen.page.locator('#link[data-state=live]').waitFor({ state: 'attached' });
    const kept = await screen.page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
    assert.ok(!kept.includes('kl_'));

    await press(row(page, 'lobby'), 'Remove');
    await press(row(page, 'lobby'), 'Really?');
    await page.locator('#account .more', { hasText: 'There are none.' }).waitFor();
    await screen.page.locator('#login:visible').waitFor({ timeout: 15_000 });
    const late = await openPage(hub, { path });
    await late.page.locator('#login-error', { hasText: 'This link has expired' }).waitFor();
    assert.deepEqual(real([...errors, ...screen.errors, ...late.errors]), []);
  });

  await test('account: an owner adds, changes and removes people', async () => {
    const hub = await begin();
    const { page, errors } = await openPage(hub);
    await signIn(page, 'ada');
    await open(page, 'People');
    await press(row(page, 'ada'), 'Make viewer');
    await page.locator('#account .said', { hasText: 'There must be an owner' }).waitFor();
    await press(page.locator('#account'), 'Add somebody');
    for (const [name, value] of [['name', 'bob'], ['password', PASSWORD], ['again', OTHER]]) {
      await page.fill(`#account [name=${name}]`, value);
    }
    await press(page.locator('#account .fields'), 'Save');
    await page.locator('#account .said', { hasText: 'The two are not the same.' }).waitFor();
    await page.fill('#account [name=again]', PASSWORD);
    await press(page.locator('#account .fields'), 'Save');
    await row(page, 'bob').locator('.what', { hasText: 'viewer' }).waitFor();

    const his = await openPage(hub);
    await signIn(his.page, 'bob');
    const entries = his.page.locator('.account-list button');
    assert.deepEqual(await entries.allTextContents(), ['Sessions', 'Change password', 'Sign out']);
    await press(row(page, 'bob'), 'Sessions');
    const session = row(page, 'bob').locator('.below .wants');
    await session.waitFor();
    await shot(page, 'account-people');
    await press(session, 'End');
    await press(session, 'Really?');
    await his.page.locator('#login:visible').waitFor({ timeout: 15_000 });
    await press(row(page, 'bob'), 'Make owner');
    await row(page, 'bob').locator('.what', { hasText: 'owner' }).waitFor();
    await press(row(page, 'bob'), 'Remove');
    await press(row(page, 'bob'), 'Really?');
    await row(page, 'bob').waitFor({ state: 'detached' });
    assert.deepEqual(real([...errors, ...his.errors]), []);
  });

  await test('account: everybody changes his password and sees where he is signed in', async () => {
    const hub = await begin();
    const [one, other] = [await openPage(hub), await openPage(hub)];
    const { page, errors } = one;
    for (const each of [one, other]) await signIn(each.page, 'ada');
    await open(page, 'Sessions');
    await page.locator('#account .wants').nth(1).waitFor();
    assert.equal(await page.locator('#account .when', { hasText: 'this one' }).count(), 1);
    await shot(page, 'account-sessions');
    await page.keyboard.press('Escape');
    await open(page, 'Change password');
    const fill = async (old) => {
      for (const [name, value] of [['old', old], ['password', OTHER], ['again', OTHER]]) {
        await page.fill(`#account [name=${name}]`, value);
      }
      await press(page.locator('#account .fields'), 'Save');
    };
    await fill('wrong horse');
    await page.locator('#account .said', { hasText: 'The old password is another.' }).waitFor();
    await fill(PASSWORD);
    await page.locator('#account .said', { hasText: 'The new password holds' }).waitFor();
    await other.page.locator('#login:visible').waitFor({ timeout: 15_000 });
    await page.keyboard.press('Escape');
    await page.click('.account summary');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.account[open]').count(), 0, 'Escape closes the menu');
    await page.click('.account summary');
    await press(page.locator('.account-list'), 'Sign out');
    await signIn(page, 'ada', OTHER);
    assert.deepEqual(real([...errors, ...other.errors]), []);
  });
}
