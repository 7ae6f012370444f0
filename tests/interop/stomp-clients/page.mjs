// A monitoring page as tutorials have it: SockJS and stompjs, a figure every few seconds, and a
// server that notes who comes and goes, be it that the page says so or is just left.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import SockJS from 'sockjs-client';

const Stomp = createRequire(import.meta.url)('stompjs');

/** Opens the page: what it shows grows by each message. */
async function open(world) {
  const client = Stomp.over(new SockJS(`http://${world.hub.address}/stomp`));
  client.debug = () => {};
  await new Promise((done, fail) => { client.connect('', world.viewerToken, done, fail); });
  const shown = [];
  for (const metric of ['cpu_percent', 'system.cpu.usage']) {
    const show = ({ body }) => shown.push(JSON.parse(body));
    client.subscribe(`/topic/metric/pi/${metric}[VALUE]`, show);
  }
  return { client, shown };
}

async function monitor(world, until) {
  const [one, two, three] = await Promise.all([open(world), open(world), open(world)]);
  await until('figures every second', () => one.shown.length >= 6, 15);
  const times = one.shown.filter(({ name }) => name === 'cpu_percent[VALUE]')
    .map(({ value }) => value.timestamp);
  const gaps = times.slice(2).map((time, at) => time - times[at + 1]);
  assert.ok(gaps.every((gap) => gap > 500 && gap < 3000), `${gaps}`);
  const share = one.shown.find(({ name }) => name === 'system.cpu.usage[VALUE]').value.value;
  assert.equal(share.toFixed(3), '0.452');
  one.client.disconnect();
  two.client.ws.close();
  // The browser is gone: nothing is said.
  three.client.ws._transport.ws._stream.destroy();
  const ends = await until('all are gone', async () => {
    const counts = await world.counts();
    return counts.clean + counts.closed + counts.lost === 3 && counts;
  });
  const { connected, clean, closed, lost } = ends;
  assert.deepEqual([connected, clean, closed, lost], [3, 1, 1, 1]);
  const lines = world.hub.log.split('\n');
  for (const session of new Set(world.hub.log.match(/stomp-\d+/g))) {
    const told = lines.filter((line) => line.includes(`${session}:`));
    assert.equal(told.length, 2, told.join('\n'));
    assert.match(told[0], /connected from 127\.0\.0\.1, version 1\.1/);
    assert.match(told[1], /: (clean|closed|lost)/);
  }
}

export const page = [['a monitoring page is fed, and who comes and goes is noted once', monitor]];
