// @stomp/stompjs 7.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Client, Versions } from '@stomp/stompjs';
import { WebSocket } from 'ws';

const cpu = '/topic/metric/pi/cpu.usage[VALUE]';

/** A client that is connected, and what it sees. */
async function connect(world, { greeted, ...options } = {}) {
  const { viewerToken, hub } = world;
  const seen = { messages: [], errors: [], closes: [] };
  const client = new Client({
    brokerURL: `ws://${hub.address}/stomp`,
    connectHeaders: { login: 'x', passcode: viewerToken },
    reconnectDelay: 0,
    onStompError: (frame) => seen.errors.push(frame),
    onWebSocketClose: (event) => seen.closes.push(event.code),
    ...options,
  });
  const connected = new Promise((done, fail) => {
    client.onConnect = (frame) => { greeted?.(client); done(frame); };
    setTimeout(() => fail(new Error('not connected')), 10_000).unref();
  });
  client.activate();
  seen.connected = await connected;
  return { client, seen, keep: (message) => seen.messages.push(message) };
}

async function firstValue(world, until) {
  const { client, seen, keep } = await connect(world);
  client.subscribe(cpu, keep);
  const [message] = await until('a value', () => seen.messages.length && seen.messages);
  assert.equal(message.headers.destination, cpu);
  assert.equal(message.headers['content-type'], 'application/json');
  assert.equal(Number(message.headers['content-length']), message.body.length);
  assert.deepEqual(Object.keys(JSON.parse(message.body)), ['name', 'description', 'unit', 'value']);
  assert.equal(JSON.parse(message.body).value.value, 45.2);
  await until('a second value', () => seen.messages.length > 1);
  const ids = seen.messages.map((each) => each.headers['message-id']);
  assert.equal(new Set(ids).size, ids.length);
  await client.deactivate();
}

async function subprotocols(world) {
  for (const [offered, agreed] of [
    [['v12.stomp', 'v11.stomp', 'v10.stomp'], 'v12.stomp'],
    [['v10.stomp'], 'v10.stomp'],
    [[], ''],
  ]) {
    // `ws` fails where one is agreed on that was not offered.
    const socket = new WebSocket(`ws://${world.hub.address}/stomp`, offered);
    await once(socket, 'open');
    assert.equal(socket.protocol, agreed);
    assert.equal(socket.extensions, '');
    socket.close();
  }
}

async function versions(world) {
  for (const version of [Versions.V1_0, Versions.V1_1, Versions.V1_2]) {
    const stompVersions = new Versions([version]);
    const { client, seen } = await connect(world, { stompVersions });
    assert.equal(seen.connected.headers.version, version);
    assert.equal(client.connectedVersion, version);
    assert.match(seen.connected.headers.session, /^stomp-\d+$/);
    assert.match(seen.connected.headers.server, /^kinglet-hub\//);
    await client.deactivate();
  }
}

async function receipts(world, until) {
  const { client, seen, keep } = await connect(world);
  const receipts = [];
  const receipt = (name) => {
    client.watchForReceipt(name, () => receipts.push(name));
    return { receipt: name };
  };
  const subscription = client.subscribe(cpu, keep, { ...receipt('s'), ack: 'client-individual' });
  const [message] = await until('a value', () => seen.messages.length && seen.messages);
  message.ack(receipt('a'));
  message.nack(receipt('n'));
  subscription.unsubscribe(receipt('u'));
  await until('four receipts', () => receipts.length === 4);
  assert.deepEqual(receipts, ['s', 'a', 'n', 'u']);
  await client.deactivate();
  await until('a clean end', async () => (await world.counts()).clean === 1);
}

async function refusals(world, until) {
  const { client, seen, keep } = await connect(world);
  const transaction = client.begin();
  transaction.commit();
  client.publish({ destination: cpu, body: '1' });
  await until('three errors', () => seen.errors.length === 3);
  client.subscribe(cpu, keep);
  await until('a value all the same', () => seen.messages.length);
  client.webSocket.send('HELLO\n\n\0');
  await until('the end', () => seen.closes.length);
  assert.match(seen.errors.at(-1).headers.message, /unknown command/);
  assert.deepEqual(seen.closes, [1002]);
}

async function wrongToken(world, until) {
  const errors = [];
  const closes = [];
  const client = new Client({
    brokerURL: `ws://${world.hub.address}/ws/stomp`,
    connectHeaders: { passcode: 'guess' },
    reconnectDelay: 0,
    onStompError: (frame) => errors.push(frame.headers.message),
    onWebSocketClose: (event) => closes.push(event.code),
  });
  client.activate();
  await until('the end', () => closes.length);
  assert.deepEqual([errors, closes], [['a token is needed'], [1008]]);
}

async function beats(world, until) {
  // Its own pace: it gives up after two periods of silence, 20 s.
  const { client, seen } = await connect(world);
  assert.equal(seen.connected.headers['heart-beat'], '10000,10000');
  await new Promise((done) => setTimeout(done, 33_000));
  assert.deepEqual(seen.closes, []);
  client.subscribe(cpu, (message) => seen.messages.push(message));
  await until('a value', () => seen.messages.length);
  await client.deactivate();
  const none = await connect(world, { heartbeatIncoming: 0, heartbeatOutgoing: 0 });
  assert.equal(none.seen.connected.headers['heart-beat'], '0,0');
  await none.client.deactivate();
}

async function comeback(world, until) {
  const values = [];
  const { client } = await connect(world, {
    reconnectDelay: 200,
    // Where its documentation has subscriptions: it makes them anew after each reconnect.
    greeted: (again) => again.subscribe(cpu, (message) => values.push(message)),
  });
  await until('a value', () => values.length);
  await world.restart();
  const before = values.length;
  await until('values again', () => values.length > before + 1, 20);
  await client.deactivate();
}

async function publishes(world, until) {
  const agent = { login: 'x', passcode: world.hub.token };
  for (const options of [
    {},
    { forceBinaryWSFrames: true },
    { splitLargeFrames: true, maxWebSocketChunkSize: 1000 },
  ]) {
    const { client, seen } = await connect(world, { connectHeaders: agent, ...options });
    const id = `js-${Object.keys(options).length}${options.forceBinaryWSFrames ? 'b' : ''}`;
    const body = JSON.stringify({ value: { value: 12.5, timestamp: Date.now() } });
    client.publish({ destination: `/topic/metric/${id}/cpu.usage[VALUE]`, body });
    const host = () => world.host(id);
    await until('a host', async () => (await host())?.metrics?.cpu?.usage === 12.5);
    // The largest there may be; by default the client cuts nothing.
    const disk = (_, at) => ({ name: `sd${at}`, model: 'm'.repeat(250) });
    const disks = Array.from({ length: 200 }, disk);
    const sample = JSON.stringify({ cpu: { usage: 13.5 }, disks });
    assert.ok(sample.length > 50_000);
    client.publish({ destination: `/topic/sample/${id}`, body: sample });
    await until('a sample', async () => (await host())?.metrics?.cpu?.usage === 13.5);
    client.publish({ destination: cpu, body: '1' });
    await until('refused', () => seen.errors.length);
    await client.deactivate();
  }
}

async function events(world, until) {
  const { client, seen, keep } = await connect(world);
  for (const topic of ['instanceCreation', 'instanceHealth', 'agentHealth', 'applicationUpdate',
    'instanceHeapdumpDownloadProgress', 'applicationMetricRuleTriggers']) {
    client.subscribe(`/topic/${topic}`, keep);
  }
  const ready = new Promise((done) => { client.watchForReceipt('ready', done); });
  client.subscribe('/topic/agentDiscoveryFailre', keep, { receipt: 'ready' });
  await ready;
  const { address, token } = world.hub;
  const agent = new WebSocket(`ws://${address}/ws/agent?token=${token}&client_id=nas`);
  await once(agent, 'open');
  const data = { alert_id: 'a', type: 'cpu', value: 90, threshold: 80, status: 'active' };
  agent.send(JSON.stringify({ type: 'alert', data }));
  agent.close();
  const of = (topic) =>
    seen.messages.find(({ headers }) => headers.destination === `/topic/${topic}`);
  await until('not found', () => of('agentDiscoveryFailre'));
  const told = (topic) => JSON.parse(of(topic).body);
  assert.deepEqual(told('instanceCreation'),
    { instanceId: 'nas', parentApplicationId: 'Hosts', discovered: true });
  assert.equal(told('instanceHealth').newHealth.status, 'UP');
  assert.equal(told('agentHealth').newHealth.statusCode, 200);
  assert.deepEqual(told('applicationMetricRuleTriggers').instanceIdsAndValues,
    [{ instanceId: 'nas', value: 90 }]);
  await client.deactivate();
}

export const stompjs = [
  ['stompjs 7 has the last value at once, and then the next', firstValue],
  ['one subprotocol is agreed on, and no extension', subprotocols],
  ['stompjs 7 speaks 1.0, 1.1 and 1.2', versions],
  ['stompjs 7 has its receipts, and parts cleanly', receipts],
  ['stompjs 7 is refused what there is not, and closed for what makes no sense', refusals],
  ['stompjs 7 hears that its token is wrong', wrongToken],
  ['stompjs 7 lives by its own beats', beats],
  ['stompjs 7 is told again after the hub was restarted', comeback],
  ['stompjs 7 publishes as a host, in one message or many, text or binary', publishes],
  ['stompjs 7 is told what happens', events],
];
