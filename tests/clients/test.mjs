// Starts a hub and an agent that reports and raises alerts, and runs both clients.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Hub, freePort } from './hub.mjs';
import { runJavaScript } from './javascript.mjs';

const [binary, python] = process.argv.slice(2);
const hub = new Hub(binary, await freePort());
await hub.start();

const agent = new WebSocket(`ws://${hub.address}/ws/agent?token=${hub.token}&client_id=pi`);
await once(agent, 'open');
let seq = 0;
const say = (type, data, meta) => agent.send(JSON.stringify({ type, data, meta }));
const alert = (type, level) => say('alert', {
  alert_id: `${type}-${seq}`, type, level, title: `${type} ${level}`, message: 'above 80 %',
  value: 85.2, threshold: 80, status: 'active',
});
const reports = setInterval(() => {
  seq += 1;
  const data = { hostname: 'pi', cpu: { usage: 45.2 }, memory: { usage_percent: 67.8 } };
  say('metrics', data, { seq, boot_id: 'b', age_ms: 0 });
  alert('cpu', 'warning');
  alert('cpu', 'info');
  alert('disk', 'warning');
}, 250);

async function runPython() {
  const stdio = ['ignore', 'inherit', 'inherit'];
  const child = spawn(python, ['python.py', `ws://${hub.address}/ws`], { stdio });
  const [code] = await once(child, 'exit');
  assert.equal(code, 0, 'the Python client');
}

let failed = 0;
for (const [name, run] of [['JavaScript', runJavaScript], ['Python', runPython]]) {
  try {
    await run(`ws://${hub.address}/ws`);
    console.log(`ok: the documented ${name} client`);
  } catch (error) {
    failed += 1;
    console.error(`failed: the documented ${name} client:`, error);
  }
}
clearInterval(reports);
agent.close();
await hub.stop();
console.log(`test result: ${failed ? 'FAILED' : 'ok'}. ${2 - failed} passed; ${failed} failed;`);
process.exit(failed ? 1 : 0);
