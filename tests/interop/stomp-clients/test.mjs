// Starts a hub and an agent that reports, and has every client do what it is used for.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { Hub, freePort } from './hub.mjs';
import { older } from './older.mjs';
import { page } from './page.mjs';
import { stompjs } from './stompjs.mjs';

Object.assign(globalThis, { WebSocket });
const [binary, python] = process.argv.slice(2);
const viewerToken = 'viewer-token-90ab';

/** A hub whose viewers show a token, and an agent that reports to it every half second. */
export class World {
  static async start(options) {
    const world = new World();
    world.hub = new Hub(binary, await freePort(), { viewerToken, stompEvery: '1s', ...options });
    world.viewerToken = viewerToken;
    await world.hub.start();
    world.report();
    return world;
  }

  report() {
    const { address, token } = this.hub;
    this.agent = new WebSocket(`ws://${address}/ws/agent?token=${token}&client_id=pi`);
    this.agent.on('error', () => {});
    this.agent.on('open', () => {
      this.say({ type: 'metrics', data: { hostname: 'pi', cpu: { usage: 45.2 } } });
    });
    this.reports ??= setInterval(() => {
      this.say({ type: 'metrics', data: { hostname: 'pi', cpu: { usage: 45.2 } } });
    }, 500);
  }

  say(message) {
    if (this.agent.readyState === WebSocket.OPEN) this.agent.send(JSON.stringify(message));
  }

  async counts() {
    const headers = { authorization: `Bearer ${viewerToken}` };
    const health = await fetch(`http://${this.hub.address}/healthz`, { headers });
    return (await health.json()).stomp;
  }

  async host(id) {
    const headers = { authorization: `Bearer ${viewerToken}` };
    const answer = await fetch(`http://${this.hub.address}/api/hosts/${id}`, { headers });
    return answer.ok ? answer.json() : undefined;
  }

  async restart() {
    await this.hub.stop();
    await this.hub.start();
    this.report();
  }

  async stop() {
    clearInterval(this.reports);
    this.agent.close();
    await this.hub.stop();
  }
}

/** Waits until it is so. */
export async function until(what, holds, seconds = 10) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await holds();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Python's client, a test of its own for each point. */
async function runPython(world) {
  const { address, token } = world.hub;
  const stdio = ['ignore', 'inherit', 'inherit'];
  const [host, port] = address.split(':');
  const child = spawn(python, ['python.py', host, port, viewerToken, token], { stdio });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`python.py: ${code}`);
  const usage = async () => (await world.host('py-1'))?.metrics?.cpu?.usage;
  await until('a host by stomp.py', async () => await usage() === 33);
}

const version = (name) =>
  JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).version;
for (const name of ['@stomp/stompjs', 'stompjs', 'webstomp-client', 'sockjs-client']) {
  console.log(`${name} ${version(name)}`);
}

const tests = [...stompjs, ...older, ...page, ["Python's stomp.py does the same", runPython]];
let failed = 0;
// They wait more than they work.
await Promise.all(tests.map(async ([name, run]) => {
  const world = await World.start();
  try {
    await run(world, until);
    console.log(`ok: ${name}`);
  } catch (error) {
    failed += 1;
    console.error(`failed: ${name}:`, error, world.hub.log);
  }
  await world.stop();
}));
const passed = tests.length - failed;
console.log(`test result: ${failed ? 'FAILED' : 'ok'}. ${passed} passed; ${failed} failed;`);
process.exit(failed ? 1 : 0);
