// A small fleet of agents for the page to show: figures that move like those of real hosts.

import { WebSocket } from 'ws';

const GiB = 1024 ** 3;

export const scene = [
  ['living-room-pi', 'Living room', 'Home', 'DE', 'Hamburg',
    'raspbian', '12', 'aarch64', 4, 4, 32, 0.22],
  ['attic-pi', 'Attic weather', 'Home', 'DE', 'Hamburg',
    'raspbian', '12', 'armv6l', 1, 0.5, 16, 0.55],
  ['gateway', 'Gateway', 'Home', 'DE', 'Hamburg', 'openwrt', '24.10', 'mips', 4, 0.25, 0.12, 0.12],
  ['nas', 'Cellar NAS', 'Home', 'DE', 'Hamburg', 'debian', '13', 'x86_64', 4, 16, 18000, 0.31],
  ['web-1', 'web-1', 'Production', 'FI', 'Helsinki', 'debian', '12', 'x86_64', 8, 16, 160, 0.42],
  ['web-2', 'web-2', 'Production', 'US', 'Ashburn', 'debian', '12', 'x86_64', 8, 16, 160, 0.38],
  ['db-1', 'db-1', 'Production', 'FI', 'Helsinki', 'ubuntu', '24.04', 'x86_64', 16, 64, 960, 0.66],
  ['build', 'Build runner', 'Production', 'JP', 'Tokyo',
    'fedora', '43', 'aarch64', 32, 128, 1920, 0.93],
  ['edge-sg', 'edge-sg', 'Edge', 'SG', 'Singapore', 'alpine', '3.22', 'x86_64', 2, 2, 25, 0.18],
  ['edge-br', 'edge-br', 'Edge', 'BR', 'São Paulo', 'alpine', '3.22', 'x86_64', 2, 2, 25, 0.27],
  ['edge-za', 'edge-za', 'Edge', 'ZA', 'Cape Town', 'alpine', '3.22', 'aarch64', 1, 1, 20, 0.09],
].map(([id, name, group, country, location, os, version, arch, cores, memory, disk, busy]) =>
  ({ id, name, group, country, location, os, version, arch, cores, memory, disk, busy }));

/** A wave with some noise that is the same in every run. */
function wave(seed, step, low, high) {
  const noise = Math.sin(seed * 12.9898 + step * 78.233) * 43758.5453;
  const slow = 0.32 * Math.sin(step / 9 + seed);
  const quick = 0.12 * Math.sin(step / 2.3 + seed * 2);
  const mixed = 0.5 + slow + quick + 0.1 * (noise - Math.floor(noise) - 0.5);
  return low + (high - low) * Math.min(1, Math.max(0, mixed));
}

/** What only some hosts have: a weak supply and a radio, a table of connections. */
const rare = {
  'attic-pi': {
    power: {
      undervoltage: false, throttled: false, frequency_capped: false,
      undervoltage_count: 4, throttled_count: 2, frequency_capped_count: 0,
    },
    wireless: [{ interface: 'wlan0', signal_dbm: -56, link: 54 }],
  },
  gateway: {
    conntrack: { used: 1234, max: 65_536 },
    probes: [
      {
        name: 'quad9', kind: 'icmp', latency: 12.34, latency_min: 11.9, latency_mean: 12.5,
        jitter: 0.31, loss_percent: 5, sent: 200, lost: 3,
      },
      {
        name: 'shop', kind: 'https', loss_percent: 100, sent: 20, lost: 20, certificate_days: 12,
        fault: 'Connection refused (os error 111)',
      },
    ],
  },
};

/** Where the time of the processors goes: `usage` in all, and `iowait` beside it. */
function shares(usage, iowait) {
  const of = (share) => tenth(usage * share);
  return {
    user: of(0.62), nice: of(0.03), system: of(0.27), irq: of(0.06), steal: of(0.02),
    iowait: tenth(Math.min(iowait, 100 - usage)),
  };
}

function caches(available) {
  const part = (share) => Math.round(available * share);
  return { free: part(0.3), buffers: part(0.1), cached: part(0.6) };
}

const tenth = (value) => Math.round(value * 10) / 10;

export function sample(host, step) {
  const seed = [...host.id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  const usage = Math.min(100, host.busy * wave(seed, step, 40, 115));
  const held = 0.25 + 0.5 * wave(seed + 1, step / 6, 0.2, 0.9) * (0.6 + host.busy / 2);
  const used = Math.round(host.memory * GiB * held);
  const total = Math.round(host.memory * GiB);
  const disk = Math.round(host.disk * GiB);
  const full = Math.min(0.96, 0.3 + host.busy * 0.65);
  const rx = Math.round(wave(seed + 2, step, 2e3, 4e6 * host.busy));
  const tx = Math.round(wave(seed + 3, step, 1e3, 9e5 * host.busy));
  const core = (_, at) => tenth(Math.min(100, host.busy * wave(seed + at, step, 10, 150)));
  const cool = host.arch === 'x86_64' && host.os === 'alpine';
  return {
    timestamp: new Date().toISOString(),
    hostname: host.id,
    os: { name: host.os, version: host.version, kernel: '6.12.9', arch: host.arch },
    cpu: {
      brand: host.brand ?? 'Cortex-A76', cores: host.cores, usage: tenth(usage),
      per_core: Array.from({ length: host.cores }, core), frequency: 2400,
      ...shares(usage, wave(seed + 4, step, 0, 6)),
    },
    memory: {
      total, used, available: total - used, usage_percent: tenth((used / total) * 100),
      ...caches(total - used),
      swap_total: Math.round(total / 4), swap_used: Math.round(total / 40),
    },
    disks: [{
      name: 'sda', model: 'SSD', serial: 'SECRET-SERIAL', total: disk, mount_points: ['/'],
      read_speed: Math.round(wave(seed + 5, step, 0, 3e6)),
      write_speed: Math.round(wave(seed + 6, step, 0, 8e5)),
      busy_percent: tenth(wave(seed + 5, step, 0, 30)),
    }],
    filesystems: [
      {
        mount_point: '/', device: '/dev/sda2', fstype: 'ext4', total: disk,
        used: Math.round(disk * full), free: Math.round(disk * (1 - full)),
        usage_percent: tenth(full * 100), inodes_total: 1_933_312, inodes_used: 132_288,
      },
      {
        mount_point: '/boot', device: '/dev/sda1', fstype: 'vfat', total: GiB / 2,
        used: GiB / 8, free: GiB * 3 / 8, usage_percent: 25,
      },
    ],
    network: {
      wan: 'eth0', rx_speed: rx, tx_speed: tx,
      total_rx: 9e10 + step * rx, total_tx: 2e10 + step * tx,
      interfaces: [{
        name: 'eth0', mac: '02:00:5e:10:00:01', speed: 1000, state: 'up',
        rx_bytes: 9e10, tx_bytes: 2e10, rx_speed: rx, tx_speed: tx,
      }],
    },
    uptime: 86400 * (seed % 90) + 3600 * (seed % 17) + step,
    load_average: {
      one: tenth(usage * host.cores / 100 * 1.1 * 10) / 10,
      five: tenth(usage * host.cores / 110),
      fifteen: tenth(usage * host.cores / 120),
    },
    processes: { total: 120 + seed % 80, running: 1 + seed % 3 },
    sockets: { tcp: 20 + seed % 50, tcp_time_wait: 3, udp: 6 },
    temperatures: cool ? [] : [{ label: 'cpu-thermal', celsius: tenth(38 + usage * 0.42) }],
    fans: [],
    pressure: {
      cpu: { some_avg10: tenth(wave(seed + 7, step, 0, 9)) },
      memory: { some_avg10: 0, full_avg10: 0 },
      io: { some_avg10: tenth(wave(seed + 8, step, 0, 14)), full_avg10: 0.4 },
    },
    ...rare[host.id],
    agent: {
      version: '0.1.0', rss: 1_250_000, cpu_percent: 0.1, bytes_sent: 1, reconnects: 0,
      samples_dropped: 0, ring_bytes: 0,
    },
  };
}

/** One agent: reports every `interval` ms until it is stopped; comes back when the hub does. */
export class Agent {
  constructor(hub, host, { token, interval = 1000 }) {
    Object.assign(this, { hub, host, token, interval, step: 0, seq: 0, held: null });
    this.dial();
    this.timer = setInterval(() => this.report(), interval);
  }

  dial() {
    if (this.stopped) return;
    const id = encodeURIComponent(this.host.id);
    this.socket = new WebSocket(`${this.hub}/ws/agent?token=${this.token}&client_id=${id}`);
    this.socket.onopen = () => this.report();
    // A refused connection is an error without a close here, a lost one may be both.
    const { socket } = this;
    const again = () => setTimeout(() => { if (this.socket === socket) this.dial(); }, 300);
    Object.assign(socket, { onerror: again, onclose: again });
  }

  report() {
    if (this.silent || this.socket.readyState !== WebSocket.OPEN) return;
    this.step += 1;
    this.seq += 1;
    const data = this.held ?? sample(this.host, this.step);
    const meta = { seq: this.seq, boot_id: 'boot', age_ms: 0 };
    this.socket.send(JSON.stringify({ type: 'metrics', id: `m${this.seq}`, data, meta }));
  }

  /** From now on the same figures, so that they can be compared. */
  hold() { this.held = sample(this.host, this.step); }

  stop() {
    this.stopped = true;
    clearInterval(this.timer);
    this.socket.close();
  }
}
