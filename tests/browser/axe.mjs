// What axe-core finds on the page: nothing, in light, dark and forced colours, wide and narrow.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cuts } from './cut.mjs';
import { sample, scene } from './fleet.mjs';

const source = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const TOKEN = 'act';

export const looks = {
  light: { colorScheme: 'light', forcedColors: 'none' },
  dark: { colorScheme: 'dark', forcedColors: 'none' },
  forced: { colorScheme: 'dark', forcedColors: 'active' },
};
const widths = [1280, 360];

/** In the page: what is wrong, and where. */
async function findings(tags) {
  const { violations } = await window.axe.run(document, {
    runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'],
  });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, any }) => {
    const { fgColor, bgColor, contrastRatio } = any[0]?.data ?? {};
    const colours = contrastRatio ? ` ${fgColor} on ${bgColor}: ${contrastRatio}` : '';
    return `${id}: ${target.join(' ')}${colours}`;
  }));
}

/** Every look of what is shown now; `found` gets what is wrong with it. */
export async function audit(page, what, found) {
  if (!await page.evaluate(() => Boolean(window.axe))) await page.evaluate(source);
  for (const width of widths) {
    await page.setViewportSize({ width, height: 1000 });
    for (const [look, media] of Object.entries(looks)) {
      await page.emulateMedia({ ...media, reducedMotion: 'reduce' });
      await page.evaluate(() => new Promise((done) => {
        requestAnimationFrame(() => requestAnimationFrame(done));
      }));
      const all = await page.evaluate(findings, TAGS);
      if (look === 'light') all.push(...await page.evaluate(cuts));
      found.push(...all.map((each) => `${what}, ${look}, ${width}: ${each}`));
    }
  }
  await page.setViewportSize({ width: 1280, height: 1000 });
}

/** Hosts of every state: well, full, stuck, with a weak supply, away, never seen. */
export function troubled(hub, startAgents) {
  const agents = startAgents(hub, scene.slice(0, -1));
  const nas = agents.find(({ host }) => host.id === 'nas');
  const held = sample(nas.host, 1);
  const stuck = { mount_point: '/mnt/a-share-that-has-a-long-name', fstype: 'nfs4', stuck: true };
  const [root, ...others] = held.filesystems;
  const full = { ...root, usage_percent: 97 };
  nas.held = {
    ...held, filesystems: [full, ...others, stuck],
    temperatures: [...Array(12)].map((_, at) => ({ label: `t${at}`, celsius: at < 11 ? 40 : 92 })),
    load_average: { one: 9, five: 6, fifteen: 4 },
  };
  const attic = agents.find(({ host }) => host.id === 'attic-pi');
  attic.held = sample(attic.host, 1);
  attic.held.power.undervoltage = true;
  return agents;
}

/** Trouble that comes while the wall is looked at finds its room, too. */
async function testTrouble(page, { held }, found) {
  const more = 'a-second-share-with-a-name-that-is-longer-than-a-tile-is-wide/'.repeat(2);
  held.filesystems.push({ mount_point: `/mnt/${more}`, fstype: 'nfs4', stuck: true });
  await page.locator('.tile', { hasText: 'a-second-share' }).waitFor();
  const cut = await page.evaluate(cuts);
  found.push(...cut.map((each) => `wall, trouble: ${each}`));
  held.filesystems.pop();
}

async function testLists(page, nas, found) {
  await audit(page, 'cards', found);
  await page.click('[data-view=table]');
  await page.locator('.tbody .tr').nth(scene.length - 1).waitFor();
  await audit(page, 'table', found);
  await page.click('[data-view=wall]');
  await page.locator('.tile').nth(scene.length - 1).waitFor();
  await audit(page, 'wall', found);
  await testTrouble(page, nas, found);
  await page.keyboard.press('Escape');
  await page.locator('.tools').waitFor();
  await page.click('[data-view=cards]');
}

/** A mount that is stuck is told whole, and the end of its name stays. */
async function testWhole(page) {
  await page.setViewportSize({ width: 360, height: 1000 });
  const key = page.locator('#detail .row .key', { hasText: 'a-share' });
  assert.match(await key.getAttribute('title'), /a-share-that-has-a-long-name/);
  const cut = await key.evaluate((node) => {
    const right = node.closest('.row').getBoundingClientRect().right + 1;
    return ['.end', 'small'].filter((each) => {
      const part = node.querySelector(each);
      return part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0
        || part.getBoundingClientRect().right > right;
    });
  });
  assert.deepEqual(cut, [], 'what is stuck is cut');
  await page.locator('#detail .fact', { hasText: '92 °C' }).waitFor({ timeout: 3000 });
  assert.equal(await page.locator('#detail .fact', { hasText: 't9' }).count(), 0);
  assert.equal(await key.locator('.end').textContent(), 'ng-name');
  await page.setViewportSize({ width: 1280, height: 1000 });
}

async function testDialogs(page, found) {
  await page.locator('.card[data-id=nas]').click();
  await page.locator('#detail .row', { hasText: 'a-share' }).waitFor();
  await page.locator('#detail .chart canvas').first().waitFor();
  await audit(page, 'host', found);
  await testWhole(page);
  await page.locator('#detail .edit').click();
  await page.locator('#edit-host [name=name]').waitFor();
  await page.locator('#edit-host button', { hasText: 'Revoke …' }).click();
  await page.locator('#edit-host button', { hasText: 'Delete …' }).click();
  await audit(page, 'edit', found);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.click('#show-timeline');
  await page.locator('#timeline li').first().waitFor();
  await audit(page, 'timeline', found);
  await page.locator('#timeline button', { hasText: 'Alerts and receivers' }).click();
  await page.locator('#rules .wants').first().waitFor();
  await page.locator('#rules button', { hasText: 'Add a rule' }).click();
  await page.locator('#rules button', { hasText: 'Add a receiver' }).click();
  await audit(page, 'rules', found);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.click('#add-host');
  await page.locator('#add-host-sheet [name=name]').waitFor();
  await audit(page, 'add a host', found);
}

/** The hosts with names and places that fit nowhere. */
const long = scene.map((host) => ({
  ...host, name: `${host.name} of the northern outbuilding, rack 12, node 03`,
  group: `${host.group} and all that belongs to it by contract`,
  location: `${host.location}, third floor, behind the lift`,
}));

async function testStranger({ page }, found) {
  await page.locator('#login:visible').waitFor();
  await audit(page, 'sign-in', found);
  const said = await page.evaluateHandle(() => {
    const texts = [];
    const node = document.getElementById('aloud');
    const hear = () => { if (node.textContent) texts.push(node.textContent); };
    new MutationObserver(hear).observe(node, { childList: true });
    return texts;
  });
  await page.fill('#token', 'look');
  await page.click('#login button');
  await page.locator('#empty:visible').waitFor();
  await audit(page, 'empty', found);
  assert.deepEqual(await said.jsonValue(), [], 'who opens the page is told of a return');
}

export async function testAxe({ test, startHub, startAgents, openPage }) {
  await test('axe finds nothing', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'kinglet-state-'));
    const [hub, closed] = await Promise.all([
      startHub({ hosts: long, alertToken: TOKEN, stateDir }),
      startHub({ viewerToken: 'look' }),
    ]);
    const agents = troubled(hub, startAgents);
    const stranger = await openPage(closed);
    const before = `sessionStorage.setItem('token', '${TOKEN}')`;
    const { page, errors } = await openPage(hub, { before });
    await page.locator('.card:not(.offline)').nth(scene.length - 2).waitFor();
    agents.find(({ host }) => host.id === 'web-2').stop();
    await page.locator('.card.offline[data-id=web-2]').waitFor({ timeout: 8000 });
    const found = [];
    await testLists(page, agents.find(({ host }) => host.id === 'nas'), found);
    await testDialogs(page, found);
    await testStranger(stranger, found);
    for (const each of found) console.log(`       ${each}`);
    assert.equal(found.length, 0, 'axe finds something');
    assert.deepEqual([...errors, ...stranger.errors], []);
  });
}
