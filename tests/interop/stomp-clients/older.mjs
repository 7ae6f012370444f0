// stompjs 2.3.3 and webstomp-client, over SockJS and without: what tutorials of ten years use.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import SockJS from 'sockjs-client';
import webstomp from 'webstomp-client';
import { WebSocket } from 'ws';

const Stomp = createRequire(import.meta.url)('stompjs');
const topic = '/topic/metric/pi/cpu.usage[VALUE]';

const sockjs = (world) => new SockJS(`http://${world.hub.address}/stomp`);
const plain = (world) => new WebSocket(`ws://${world.hub.address}/stomp`);

/** Connects, is told a value twice, and parts. */
async function watch(world, until, over, version) {
  const { client, wait = 0 } = over;
  client.debug = () => {};
  const connected = await new Promise((done, fail) => {
    client.connect('guest', world.viewerToken, done, fail);
  });
  assert.equal(connected.headers.version, version);
  const messages = [];
  client.subscribe(topic, (message) => messages.push(message));
  await until('two values', () => messages.length > 1);
  const [{ headers, body }] = messages;
  assert.equal(headers.destination, topic);
  assert.ok(headers.subscription && headers['message-id']);
  assert.equal(JSON.parse(body).value.value, 45.2);
  await new Promise((done) => setTimeout(done, wait));
  const told = messages.length;
  await until('another value', () => messages.length > told);
  await new Promise((done) => client.disconnect(done));
  await until('a clean end', async () => (await world.counts()).clean === 1);
}

export const older = [
  ['stompjs 2.3.3 over SockJS', (world, until) =>
    // Longer than SockJS waits for a sign of life.
    watch(world, until, { client: Stomp.over(sockjs(world)), wait: 28_000 }, '1.1')],
  ['stompjs 2.3.3', (world, until) =>
    watch(world, until, { client: Stomp.over(plain(world)) }, '1.1')],
  ['webstomp-client over SockJS', (world, until) =>
    watch(world, until, { client: webstomp.over(sockjs(world)) }, '1.2')],
  ['webstomp-client over SockJS, version 1.0', (world, until) => {
    const oldest = { client: webstomp.over(sockjs(world), { protocols: ['v10.stomp'] }) };
    return watch(world, until, oldest, '1.0');
  }],
  // It offers the oldest subprotocol first, and asks for the version of the one it was given.
  ['webstomp-client', (world, until) => {
    const client = webstomp.client(`ws://${world.hub.address}/stomp`, { binary: true });
    return watch(world, until, { client }, '1.0');
  }],
];
