// What owners and those who sign in see: clean by axe-core, nothing cut, the focus where it was.

import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { audit } from './axe.mjs';

const NAME = 'ada.of-the-northern-outbuilding.third-floor@rack-12';
const PASSWORD = 'correct horse';

/** The first user is made, and invites a host. */
async function testBegin(page, found) {
  await page.locator('#empty [name=name]').fill(NAME);
  await page.locator('#empty [name=password]').fill(PASSWORD);
  await audit(page, 'setup', found);
  await page.locator('#empty button', { hasText: 'Make the first user' }).click();
  await page.locator('#who .account').waitFor();
  await page.locator('#empty [name=url]').fill('wss://hub.example.org');
  await page.locator('#empty button', { hasText: 'Show the line' }).click();
  await page.locator('#empty pre').first().waitFor();
  await page.locator('#empty summary').click();
  await audit(page, 'invitation', found);
}

/** By keys: opens an entry of the menu, and comes back to the menu from it. */
async function visit(page, entry, look) {
  await page.locator('.account summary').focus();
  await page.keyboard.press('Enter');
  await page.locator('.account-list button', { hasText: entry }).focus();
  await page.keyboard.press('Enter');
  await page.locator('#account[open]').waitFor();
  const inside = await page.evaluate(() => document.activeElement.closest('dialog')?.id);
  assert.equal(inside, 'account', `${entry}: the focus stays behind the dialog`);
  await look();
  await page.keyboard.press('Escape');
  await page.locator('#account').waitFor({ state: 'hidden' });
  const back = await page.evaluate(() => document.activeElement.tagName);
  assert.equal(back, 'SUMMARY', `${entry}: the focus does not come back`);
}

async function testMenu(page, found) {
  await page.click('.account summary');
  await page.locator('.account-list').waitFor();
  await audit(page, 'menu', found);
  await page.keyboard.press('Escape');
  const press = (text) => page.locator('#account button', { hasText: text }).first().click();
  await visit(page, 'People', async () => {
    await press('Add somebody');
    await press('Sessions');
    await page.locator('#account .below .wants').waitFor();
    await audit(page, 'people', found);
  });
  await visit(page, 'Links', async () => {
    await press('Add a link');
    await page.fill('#account [name=name]', 'the-screen-of-the-lobby-of-the-northern-outbuilding');
    await press('Save');
    await page.locator('.link-made code').waitFor();
    await audit(page, 'links', found);
  });
  await visit(page, 'Change password', () => audit(page, 'password', found));
}

export async function testOwner({ test, startHub, openPage }) {
  await test('axe finds nothing where owners and users are', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'kinglet-state-'));
    const hub = await startHub({ users: true, stateDir });
    const { page, errors } = await openPage(hub, { path: /setup#\S+/.exec(hub.log)[0] });
    const found = [];
    await testBegin(page, found);
    await testMenu(page, found);

    const session = async (route) => {
      const answer = await route.fetch();
      const json = { ...await answer.json(), by_token: true, by_oidc: 'Example' };
      await route.fulfill({ response: answer, json });
    };
    const stranger = await openPage(hub, { answers: { '**/api/session': session } });
    await stranger.page.locator('#elsewhere').waitFor();
    await audit(stranger.page, 'sign-in by name', found);
    for (const each of found) console.log(`       ${each}`);
    assert.equal(found.length, 0, 'axe finds something');
    assert.deepEqual([...errors, ...stranger.errors], []);
  });
}
