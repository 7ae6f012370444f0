// The measurements of bench/page.

import { existsSync, readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { Agent, scene } from './fleet.mjs';
import { Hub, freePort } from './hub.mjs';

const [binary] = process.argv.slice(2);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const watchAll = JSON.stringify({ type: 'watch', data: { hosts: { '*': 'list' } } });
const forms = { whole: [], rows: ['kinglet.page.v1'] };

async function startFleet(count, interval) {
  const hub = new Hub(binary, await freePort(), { offlineAfter: 60 });
  await hub.start();
  const agents = [];
  for (let n = 0; n < count; n += 1) {
    const host = { ...scene[n % scene.length], id: `host-${n}` };
    agents.push(new Agent(`ws://${hub.address}`, host, { token: hub.token, interval }));
    // Agents are not all in step.
    await sleep(interval / count);
  }
  await sleep(1000);
  const stop = async () => { for (const agent of agents) agent.stop(); await hub.stop(); };
  return { hub, stop };
}

function viewer(hub, protocols) {
  const seen = { bytes: 0, messages: 0 };
  const socket = new WebSocket(`ws://${hub.address}/ws`, protocols);
  if (protocols.length > 0) socket.on('open', () => socket.send(watchAll));
  socket.on('message', (text) => { seen.bytes += text.length; seen.messages += 1; });
  return { seen, socket };
}

/** Seconds of processor time of a process so far. */
function busy(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function bytes(count, interval, seconds) {
  const { hub, stop } = await startFleet(count, interval);
  const open = Object.entries(forms).map(([name, protocols]) => [name, viewer(hub, protocols)]);
  await sleep(3000);
  const before = open.map(([, { seen }]) => ({ ...seen }));
  await sleep(seconds * 1000);
  const rates = open.map(([name, { seen }], at) => {
    const rate = (seen.bytes - before[at].bytes) / seconds;
    const messages = (seen.messages - before[at].messages) / seconds;
    const hour = (rate * 3600) / 1e6;
    console.log(`${count} hosts at ${interval / 1000} s, ${name}: ${Math.round(rate)} B/s in `
      + `${messages.toFixed(1)} messages/s, ${hour.toFixed(1)} MB an hour`);
    return rate;
  });
  console.log(`  rows are ${((rates[1] / rates[0]) * 100).toFixed(1)} % of it`);
  for (const [, { socket }] of open) socket.close();
  await stop();
}

async function processor(count, interval, viewers, seconds) {
  for (const [name, protocols] of Object.entries(forms)) {
    const { hub, stop } = await startFleet(count, interval);
    const idle = busy(hub.process.pid);
    await sleep(seconds * 1000);
    const alone = busy(hub.process.pid) - idle;
    const open = Array.from({ length: viewers }, () => viewer(hub, protocols));
    await sleep(4000);
    const before = busy(hub.process.pid);
    await sleep(seconds * 1000);
    const share = (time) => `${((time / seconds) * 100).toFixed(1)} % of a core`;
    console.log(`${count} hosts at ${interval / 1000} s, ${viewers} viewers, ${name}: `
      + `${share(busy(hub.process.pid) - before)}; ${share(alone)} without viewers`);
    for (const { socket } of open) socket.close();
    await stop();
  }
}

/** Opens the page as one who is 100 ms away: twice, the second time with what was kept. */
async function firstLoad() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) return console.log('no Chromium here: no first load');
  const { chromium } = await import('playwright-core');
  const { hub, stop } = await startFleet(12, 1000);
  const args = ['--no-sandbox', '--disable-gpu'];
  const browser = await chromium.launch({ executablePath, args });
  const page = await browser.newPage();
  const wire = await page.context().newCDPSession(page);
  await wire.send('Network.enable');
  const speed = { offline: false, latency: 100, downloadThroughput: -1, uploadThroughput: -1 };
  await wire.send('Network.emulateNetworkConditions', speed);
  let [requests, received] = [0, 0];
  wire.on('Network.requestWillBeSent', () => { requests += 1; });
  wire.on('Network.loadingFinished', ({ encodedDataLength: size }) => { received += size; });
  for (const name of ['first load', 'load again']) {
    [requests, received] = [0, 0];
    const begun = Date.now();
    await page.goto(`http://${hub.address}/`);
    await page.locator('.card').first().waitFor();
    const card = Date.now() - begun;
    await sleep(1500);
    console.log(`${name}, 100 ms away: ${requests} requests, ${received} bytes, `
      + `first card after ${card} ms`);
  }
  await browser.close();
  await stop();
}

await bytes(12, 5000, 50);
await bytes(500, 1000, 15);
await processor(500, 1000, 100, 10);
await firstLoad();
process.exit(0);
