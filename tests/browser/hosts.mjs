// Hosts are added and changed on the page by owners, and a hub without any says how to add one.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { scene } from './fleet.mjs';

const TOKEN = 'act';
const stateFolder = () => mkdtempSync(join(tmpdir(), 'kinglet-state-'));

/** The browser complains of each refusal itself. */
const faults = (errors) => errors.filter((error) => !/40[0139]/.test(error));

const asOwner = (token) => `sessionStorage.setItem('token', ${JSON.stringify(token)})`;

async function isNarrow(page, selector) {
  return page.evaluate((each) => {
    const node = document.querySelector(each);
    return node.scrollWidth <= node.clientWidth;
  }, selector);
}

/** A host with a code comes once. */
function enroll(hub, code, id) {
  return new Promise((done, fail) => {
    const headers = { authorization: `Bearer ${code}`, 'x-client-id': id };
    const socket = new WebSocket(`ws://${hub.address}/ws/enroll`, { headers });
    socket.onmessage = ({ data }) => { done(JSON.parse(data)); socket.close(); };
    socket.onerror = () => fail(new Error('the code was refused'));
  });
}

const looks = [
  { name: 'desktop', options: { scheme: 'light' } },
  { name: 'phone-dark', options: { width: 390, height: 844, scheme: 'dark', mobile: true } },
];

async function addHost({ startHub, startAgents, openPage, shot }, { name, options }) {
  const hub = await startHub({ hosts: scene, alertToken: TOKEN, stateDir: stateFolder() });
  startAgents(hub, [scene[0]]);
  const { page, errors } = await openPage(hub, { ...options, before: asOwner(TOKEN) });
  await page.click('#add-host');
  const sheet = page.locator('#add-host-sheet');
  await sheet.locator('[name=name]').fill('Attic');
  await sheet.locator('button', { hasText: 'Show the line' }).click();
  await sheet.locator('.said', { hasText: 'this machine alone' }).waitFor();
  assert.equal((await sheet.textContent()).includes('--url'), false, 'no word of the command');
  assert.equal(await page.evaluate(() => document.activeElement.name), 'url');
  await shot(page, `add-refused-${name}`);
  await sheet.locator('[name=url]').fill('wss://hub.example.org');
  await sheet.locator('button', { hasText: 'Show the line' }).click();
  const line = await sheet.locator('pre').first().textContent();
  assert.match(line, /^curl -fsSL .*sh -s -- --url wss:\/\/hub\.example\.org --code \S+$/);
  await sheet.locator('.small-print', { hasText: 'Good for one host, until' }).waitFor();
  await page.evaluate(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true });
    document.addEventListener('copy', () => { window.copied = String(getSelection()); });
  });
  await sheet.locator('button', { hasText: 'Copy' }).first().click();
  await sheet.locator('.copied', { hasText: 'Copied' }).waitFor();
  assert.equal((await page.evaluate(() => window.copied)).trim(), line);
  await shot(page, `add-line-${name}`);
  assert.ok(await isNarrow(page, '#add-host-sheet'), 'it scrolls sideways');
  await enroll(hub, /--code (\S+)/.exec(line)[1], 'attic-1');
  await sheet.locator('.waits', { hasText: 'Attic has arrived.' }).waitFor();
  await shot(page, `add-arrived-${name}`);
  await sheet.locator('a', { hasText: 'Show it' }).click();
  await page.locator('#detail .name', { hasText: 'Attic' }).waitFor();
  assert.match(page.url(), /host=attic-1/);
  assert.deepEqual(faults(errors), []);
}

async function editHost({ startHub, startAgents, openPage, shot }, { name, options }) {
  const stateDir = stateFolder();
  const hub = await startHub({ hosts: [scene[0]], alertToken: TOKEN, stateDir });
  startAgents(hub, [scene[0], { ...scene[1], id: 'cellar' }]);
  const stranger = await openPage(hub);
  await stranger.page.locator('.card[data-id=cellar]').click();
  assert.equal(await stranger.page.locator('#detail .edit:visible').count(), 0);
  const { page, errors } = await openPage(hub, { ...options, before: asOwner(TOKEN) });
  const sheet = page.locator('#edit-host');
  const open = async (id) => {
    await page.locator(`.card[data-id="${id}"]`).click();
    await page.locator('#detail .edit').click();
  };
  const save = () => sheet.locator('button', { hasText: 'Save' }).click();
  await open(scene[0].id);
  await sheet.locator('[name=name]').fill('Other');
  await save();
  const wrong = sheet.locator('.field:has([name=name]) .wrong');
  await wrong.filter({ hasText: 'change it there' }).waitFor();
  assert.equal(await sheet.locator('[name=name]').getAttribute('aria-invalid'), 'true');
  for (const key of ['Escape', 'Escape']) await page.keyboard.press(key);
  await open('cellar');
  await sheet.locator('[name=country_code]').fill('DEU');
  await save();
  await sheet.locator('.field:has([name=country_code]) .wrong', { hasText: 'two letters' })
    .waitFor();
  await shot(page, `edit-${name}`);
  const said = { name: 'Cellar', group: 'Home', location: 'Berlin', country_code: 'de' };
  for (const [key, value] of Object.entries(said)) {
    await sheet.locator(`[name=${key}]`).fill(value);
  }
  await sheet.locator('[name=hidden]').selectOption('true');
  await save();
  await sheet.waitFor({ state: 'hidden' });
  await page.locator('#detail .name', { hasText: 'Cellar' }).waitFor();
  const file = readFileSync(join(stateDir, 'hosts.d', 'cellar.toml'), 'utf8');
  for (const text of ['"Cellar"', '"Home"', '"Berlin"', '"DE"', 'hidden = true']) {
    assert.ok(file.includes(text), `${text}: ${file}`);
  }
  await stranger.page.locator('.card[data-id=cellar]').waitFor({ state: 'detached' });
  await page.locator('#detail .edit').click();
  assert.equal(await sheet.locator('[name=hidden]').inputValue(), 'true', 'it is known again');
  await sheet.locator('button', { hasText: 'Revoke …' }).click();
  await sheet.locator('button', { hasText: 'Revoke Cellar' }).click();
  await sheet.locator('.danger', { hasText: 'It is revoked.' }).waitFor();
  await sheet.locator('button', { hasText: 'Delete …' }).click();
  await sheet.locator('.danger', { hasText: 'remembered of its past stays' }).waitFor();
  await shot(page, `delete-${name}`);
  assert.ok(await isNarrow(page, '#edit-host'), 'it scrolls sideways');
  const past = sheet.locator('label', { hasText: 'Forget its past' }).locator('input');
  await past.check();
  const deleted = page.waitForRequest((request) => request.method() === 'DELETE');
  await sheet.locator('button', { hasText: 'Delete Cellar' }).click();
  assert.match((await deleted).url(), /cellar\?history=true$/);
  await page.locator('.card[data-id=cellar]').waitFor({ state: 'detached' });
  assert.equal(await page.locator('dialog[open]').count(), 0);
  assert.deepEqual(faults(errors), []);
}

async function empty({ startHub, openPage, shot }, { name, options }) {
  const hub = await startHub({ alertToken: TOKEN, stateDir: stateFolder() });
  const own = await openPage(hub, { ...options, before: asOwner(TOKEN) });
  await own.page.locator('#empty [name=url]').fill('wss://hub.example.org');
  await own.page.locator('#empty button', { hasText: 'Show the line' }).click();
  const line = await own.page.locator('#empty pre').first().textContent();
  assert.match(line, /--url wss:\/\/hub\.example\.org --code /);
  await shot(own.page, `empty-owner-${name}`);
  assert.ok(await isNarrow(own.page, 'body'), 'it scrolls sideways');
  const { page } = await openPage(hub, options);
  await page.locator('#empty', { hasText: 'Its owner adds hosts' }).waitFor();
  assert.equal(await page.locator('#empty pre').count(), 0);
  assert.equal(await page.locator('#add-host:visible').count(), 0);
  await shot(page, `empty-stranger-${name}`);
  const bare = await startHub();
  const nobody = await openPage(bare, options);
  await nobody.page.locator('#empty pre', { hasText: 'sudo kinglet-hub invite' }).waitFor();
  await shot(nobody.page, `empty-nobody-${name}`);
  assert.deepEqual(faults([...own.errors, ...nobody.errors]), []);
}

async function setup({ startHub, openPage, shot }, { name, options }) {
  const hub = await startHub({ users: true, stateDir: stateFolder() });
  const stranger = await openPage(hub, options);
  await stranger.page.locator('#login', { hasText: 'Nobody can sign in yet' }).waitFor();
  assert.equal(await stranger.page.locator('#login input:visible').count(), 0);
  const link = /setup#\S+/.exec(hub.log)[0];
  const { page, errors } = await openPage(hub, { ...options, path: link });
  await page.locator('#empty [name=name]').fill('ada');
  await page.locator('#empty [name=password]').fill('short');
  await shot(page, `setup-${name}`);
  await page.locator('#empty [name=password]').fill('correct horse');
  assert.ok(await isNarrow(page, 'body'), 'it scrolls sideways');
  await page.locator('#empty button', { hasText: 'Make the first user' }).click();
  await page.locator('#who', { hasText: 'ada' }).waitFor();
  await page.locator('#empty', { hasText: 'No host reports to this hub yet' }).waitFor();
  await page.locator('#empty [name=url]').waitFor();
  assert.equal(page.url(), `http://${hub.address}/`);
  await shot(page, `setup-done-${name}`);
  const late = await openPage(hub, { ...options, path: link });
  await late.page.locator('#empty [name=name]').fill('eve');
  await late.page.locator('#empty [name=password]').fill('correct horse');
  await late.page.locator('#empty button').click();
  await late.page.locator('#empty .said', { hasText: 'there already' }).waitFor();
  assert.deepEqual(faults(errors), []);
}

export async function testHosts(tools) {
  for (const look of looks) {
    const { test } = tools;
    await test(`hosts: one is added on the page (${look.name})`, () => addHost(tools, look));
    await test(`hosts: one is changed on the page (${look.name})`, () => editHost(tools, look));
    await test(`hosts: the first user is made (${look.name})`, () => setup(tools, look));
    await test(`hosts: where there is none (${look.name})`, () => empty(tools, look));
  }
}
