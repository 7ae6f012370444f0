// Starts and stops the real hub.

import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const hash = (token) => `sha256:${createHash('sha256').update(token).digest('hex')}`;

const alertLines = (token) => (
  ['[alerts]', 'offline_for = "0s"', `token_hash = "${hash(token)}"`]
);

export function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

export class Hub {
  constructor(binary, port, options = {}) {
    const { hosts = [], viewerToken, alertToken, offlineAfter = 3, stompEvery, notify } = options;
    const { stateDir, users } = options;
    this.binary = binary;
    this.address = `127.0.0.1:${port}`;
    this.token = randomBytes(32).toString('hex');
    const text = (value) => JSON.stringify(value);
    const open = users ? 'users = true' : 'public = true';
    const viewers = viewerToken ? `token_hash = "${hash(viewerToken)}"` : open;
    const blocks = hosts.flatMap((host) => [
      '[[host]]', `id = ${text(host.id)}`, `name = ${text(host.name)}`,
      `group = ${text(host.group)}`, `location = ${text(host.location)}`,
      `country_code = ${text(host.country)}`,
    ]);
    const config = [
      `listen = "${this.address}"`,
      ...(stateDir ? [`state_dir = ${text(stateDir)}`] : []),
      '[store]', 'path = "memory"', '[viewers]', viewers,
      '[fleet]', `token_hash = "${hash(this.token)}"`, `offline_after = "${offlineAfter}s"`,
      ...(alertToken ? alertLines(alertToken) : []),
      ...Object.entries(notify ?? {}).flatMap(([name, url]) => (
        ['[[notify]]', `name = ${text(name)}`, 'kind = "webhook"', `url = ${text(url)}`]
      )),
      ...(stompEvery ? ['[stomp]', `every = "${stompEvery}"`] : []), ...blocks,
    ];
    this.config = join(mkdtempSync(join(tmpdir(), 'kinglet-')), 'hub.toml');
    writeFileSync(this.config, `${config.join('\n')}\n`);
  }

  async start() {
    this.log = '';
    const stdio = ['ignore', 'ignore', 'pipe'];
    this.process = spawn(this.binary, ['run', '--config', this.config], { stdio });
    this.process.stderr.on('data', (text) => { this.log += text; });
    this.ended = new Promise((done) => this.process.on('exit', done));
    for (let tries = 0; tries < 100; tries += 1) {
      const up = await fetch(`http://${this.address}/healthz`).then(() => true, () => false);
      if (up) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`the hub does not answer: ${this.log}`);
  }

  /** What a command says that is told of this hub's configuration, with this to read. */
  command(...words) {
    const [input, ...told] = words;
    const all = [...told, '--config', this.config];
    const { status, stdout, stderr } = spawnSync(this.binary, all, { input, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${told}: ${stderr}`);
    return stdout;
  }

  async stop(signal = 'SIGTERM') {
    this.process.kill(signal);
    return this.ended;
  }
}
