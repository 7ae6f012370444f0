// The document's JavaScript client in a page that is not there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import { WebSocket } from 'ws';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function until(what, is) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (is()) return;
    await sleep(100);
  }
  assert.fail(`waited in vain for ${what}`);
}

export async function runJavaScript(url) {
  // It names an address of its own.
  class Redirected extends WebSocket {
    constructor(printed) {
      assert.equal(printed, 'ws://localhost:8080/ws');
      super(url);
    }
  }
  const element = () => ({ remove() {}, appendChild() {} });
  const shown = {};
  const document = {
    getElementById: (id) => (shown[id] ??= element()),
    createElement: element,
  };
  const said = [];
  const log = (...words) => said.push(words);
  const context = vm.createContext({
    WebSocket: Redirected, document, setTimeout, console: { log, error: log },
  });
  vm.runInContext(readFileSync('documented.js', 'utf8'), context);
  const client = vm.runInContext('client', context);
  let pongs = 0;
  client.on('pong', () => { pongs += 1; });
  const count = (word) => said.filter(([first]) => first === word).length;

  await until('performance', () => count('性能更新:') > 0);
  await until('an alert', () => count('收到告警:') > 0);
  await until('a pong', () => pongs > 0);
  const first = (word) => said.find(([said]) => said === word)[1];
  await until('a figure', () => said.some(([, data]) => data?.cpu_percent === 45.2));
  assert.equal(shown['cpu-value'].textContent, '45.2%');
  assert.equal(shown['memory-value'].textContent, '67.8%');
  assert.equal(first('收到告警:').message, 'above 80 %');
  assert.equal(count('解析消息失败:'), 0, 'no handler failed');

  // What it subscribed to before it was open was not sent: once more.
  client.subscribe(['alert.cpu', 'alert.memory'], { level: ['warning', 'critical'] });
  client.sendPing();
  const before = pongs;
  await until('the next pong', () => pongs > before);
  said.length = 0;
  await until('alerts', () => count('收到告警:') >= 3);
  assert.equal(count('性能更新:'), 0, 'only what was chosen');
  const alerts = said.filter(([word]) => word === '收到告警:').map(([, data]) => data.title);
  assert.deepEqual([...new Set(alerts)], ['cpu warning']);
  // That it does not come back.
  client.maxReconnectAttempts = 0;
  client.close();
}
