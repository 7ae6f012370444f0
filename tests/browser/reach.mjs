// Who does not see colours, has no pointer, or listens: forced colours, keys, and what is said.

import assert from 'node:assert/strict';
import { looks, troubled } from './axe.mjs';
import { scene } from './fleet.mjs';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** In the page: the distinct colours that a node and its like are filled or drawn with. */
const styles = (page, selector, names) => page.locator(selector).first().evaluate(
  (node, each) => each.map((name) => getComputedStyle(node)[name]), names);

async function testForced(page) {
  await page.emulateMedia({ ...looks.forced, reducedMotion: 'reduce' });
  const canvas = await page.evaluate(() => {
    const node = document.createElement('i');
    node.style.cssText = 'color: Canvas; forced-color-adjust: none';
    document.body.append(node);
    const { color } = getComputedStyle(node);
    node.remove();
    return color;
  });
  const seen = async (selector, name) => {
    const [colour] = await styles(page, selector, [name]);
    assert.ok(!['none', canvas, 'rgba(0, 0, 0, 0)'].includes(colour), `${selector}: ${colour}`);
    return colour;
  };
  const well = await seen('.card[data-id=db-1] .bar i[data-level=good]', 'backgroundColor');
  const bad = await seen('.card[data-id=nas] .bar i[data-level=bad]', 'backgroundColor');
  assert.notEqual(well, bad, 'a full disk looks like any');
  for (const line of ['', '.rx', '.tx']) await seen(`.card .sparks .line${line}`, 'stroke');
  const dashes = await styles(page, '.card .sparks .line.tx', ['strokeDasharray']);
  assert.notEqual(dashes[0], 'none', 'in and out look alike');
  const [edge, width] = await styles(page, '.card .bar', ['borderTopColor', 'borderTopWidth']);
  assert.ok(edge !== canvas && width === '1px', 'an empty meter is not seen');
  await seen('.card .state .dot', 'backgroundColor');
}

/** What is gone or never came has another shape. */
async function testShapes(page) {
  for (const [view, node] of [['table', '.tbody .tr'], ['cards', '.card']]) {
    await page.click(`[data-view=${view}]`);
    const shape = (id) => styles(page, `${node}[data-id=${id}] .dot`,
      ['transform', 'borderTopWidth', 'backgroundColor']);
    const [on, off, never] = await Promise.all(['db-1', 'web-2', 'edge-za'].map(shape));
    assert.equal(on[0], 'none');
    assert.notEqual(off[0], 'none', 'offline is told by colour alone');
    assert.deepEqual(never.slice(1), ['2px', 'rgba(0, 0, 0, 0)'], 'never seen is no ring');
  }
}

/** A host's page in few colours, for who had chosen a theme when there were many. */
async function testForcedHost(page) {
  await page.emulateMedia({ ...looks.forced, forcedColors: 'none' });
  await page.selectOption('#theme', 'light');
  await page.locator('.card[data-id=nas]').click();
  await page.locator('#detail .cores i').first().waitFor();
  await page.locator('#detail [data-chart=Network] .key').nth(1).waitFor();
  await page.emulateMedia({ ...looks.forced, reducedMotion: 'reduce' });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  const width = await styles(page, '#detail', ['borderTopWidth', 'borderTopStyle']);
  assert.deepEqual(width, ['2px', 'solid'], 'the dialog has no edge');
  // Drawn anew with each sample: asked in one breath.
  const core = await page.evaluate(() => (
    getComputedStyle(document.querySelector('#detail .cores i')).backgroundImage));
  assert.match(core, /^linear-gradient\(to top, rgb\(255, 255, 255\) \S+, rgb\(0, 0, 0\) \S+\)$/);
  const keys = page.locator('#detail [data-chart=Network] .key i');
  const lines = await keys.evaluateAll((all) => all.map((node) => (
    getComputedStyle(node).borderTopStyle)));
  assert.deepEqual(lines, ['solid', 'dashed'], 'in and out look alike');
  // What is written beside the lines, in the middle of its letters.
  const brightest = await page.locator('#detail [data-chart=Network] canvas').evaluate((node) => {
    const { data } = node.getContext('2d').getImageData(0, 0, 50, node.height);
    let most = 0;
    for (let at = 0; at < data.length; at += 4) {
      most = Math.max(most, Math.min(data[at], data[at + 1], data[at + 2]) * data[at + 3] / 255);
    }
    return most;
  });
  assert.ok(brightest > 200, `the axis is not read: ${brightest}`);
  assert.deepEqual(await page.evaluate(() => window.unknown), [], 'no colours');
  await page.keyboard.press('Escape');
  await page.selectOption('#theme', 'auto');
}

/** In the page, before it begins: keeps what a canvas is told to draw with that is no colour. */
function watchColours() {
  window.unknown = [];
  for (const name of ['fillStyle', 'strokeStyle']) {
    const usual = Object.getOwnPropertyDescriptor(CanvasRenderingContext2D.prototype, name);
    const set = function keep(value) {
      if (typeof value === 'string' && !CSS.supports('color', value)) window.unknown.push(value);
      usual.set.call(this, value);
    };
    Object.defineProperty(CanvasRenderingContext2D.prototype, name, { ...usual, set });
  }
}

const focused = (page) => page.evaluate(() => {
  const node = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(node);
  const isSeen = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
  const dialog = node.closest('dialog')?.id ?? '';
  return { id: node.id || node.closest('[data-id]')?.dataset.id || node.className, isSeen, dialog };
});

/** Tab through all there is: each that has the focus shows it. */
async function testKeys(page) {
  await page.evaluate(() => document.activeElement.blur());
  const stops = [];
  for (let at = 0; at < 60 && !stops.includes('db-1'); at += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    assert.ok(now.isSeen, `the focus on ${now.id} is not seen`);
    stops.push(now.id);
  }
  for (const id of ['search', 'sort', 'show-timeline', 'db-1']) {
    assert.ok(stops.includes(id), `no key leads to ${id}: ${stops}`);
  }
  await page.keyboard.press('Enter');
  await page.locator('#detail:visible').waitFor();
  for (let at = 0; at < 4; at += 1) {
    const { dialog, isSeen } = await focused(page);
    assert.equal(dialog, 'detail');
    assert.ok(at === 0 || isSeen, 'the focus in the dialog is not seen');
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Escape');
  await page.locator('#detail').waitFor({ state: 'hidden' });
  assert.equal((await focused(page)).id, 'db-1', 'the focus does not come back');
  await page.locator('#show-timeline').focus();
  await page.keyboard.press('Enter');
  assert.equal((await focused(page)).dialog, 'timeline');
  await page.keyboard.press('Escape');
  assert.equal((await focused(page)).id, 'show-timeline');

  // Who came from the strip, whose rows are drawn anew meanwhile, is not sent to the beginning.
  await page.locator('#attention button.of', { hasText: 'Cellar NAS' }).first().focus();
  await page.keyboard.press('Enter');
  await page.evaluate(() => document.querySelectorAll('#attention .wants')
    .forEach((node) => node.replaceWith(node.cloneNode(true))));
  await page.keyboard.press('Escape');
  await page.locator('#detail').waitFor({ state: 'hidden' });
  await sleep(100);
  assert.equal((await focused(page)).id, 'nas', 'the focus is lost');
}

/** In the page: everything that a screen reader would be told of by itself. */
function listen() {
  window.said = [];
  const loud = '[role=status], [role=alert], [aria-live]';
  new MutationObserver((changes) => {
    const regions = changes.map(({ target }) =>
      (target.closest ? target : target.parentElement)?.closest(loud));
    for (const region of new Set(regions)) {
      const text = region && !region.hidden ? region.textContent : '';
      if (text) window.said.push(text);
    }
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}

async function testSaid(page, hub, agents) {
  const said = () => page.evaluate(() => window.said.splice(0));
  await page.evaluate(listen);
  await sleep(2500);
  assert.deepEqual(await said(), [], 'a sample is said');
  agents.find(({ host }) => host.id === 'web-1').stop();
  await page.waitForFunction(() => window.said.length > 0, null, { timeout: 9000 });
  await sleep(1500);
  const trouble = await said();
  assert.equal(trouble.length, 1, trouble.join(' | '));
  assert.match(trouble[0], /^web-1: .*offline/i);
  assert.equal(await page.getAttribute('#aloud', 'role'), 'status', 'it is not polite');
  await hub.stop('SIGKILL');
  await page.locator('#stale:visible').waitFor();
  await sleep(4500);
  const lost = await said();
  assert.equal(lost.length, 1, lost.join(' | '));
  assert.match(lost[0], /^No connection to the hub/);
  await hub.start();
  await page.locator('#link[data-state=live]').waitFor({ timeout: 20_000 });
  await page.waitForFunction(() => window.said.length > 0);
  await sleep(1500);
  const back = await said();
  assert.deepEqual(back, ['Connected again']);
}

export async function testReach({ test, startHub, startAgents, openPage }) {
  await test('forced colours, keys, and what is said aloud', async () => {
    const hub = await startHub({ hosts: scene });
    const agents = troubled(hub, startAgents);
    const { page, errors } = await openPage(hub, { width: 1280, before: watchColours });
    await page.locator('.card:not(.offline)').nth(scene.length - 2).waitFor();
    agents.find(({ host }) => host.id === 'web-2').stop();
    await page.locator('.card.offline[data-id=web-2]').waitFor({ timeout: 8000 });
    await page.locator('#attention .wants', { hasText: 'web-2' }).first().waitFor();
    await testKeys(page);
    await testShapes(page);
    await testForced(page);
    await testForcedHost(page);
    await sleep(3000);
    await testSaid(page, hub, agents);
    const other = errors.filter((error) => !/ERR_CONNECTION_(REFUSED|RESET)/.test(error));
    assert.deepEqual(other, []);
  });
}
