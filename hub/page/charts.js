// The charts of a host's page: a row for each, what it draws and in which unit.
//
// `lines` are metrics of docs/metrics.md with the words for the legend; one with braces is a line
// for each disk, mount or sensor. `head` is the metric told beside the title.

import { bytes, celsius, count, decibel, load, milliseconds, percent, rate } from './units.js';
import { readSeries } from './series.js';
import { say } from './words.js';

export const charts = [
  {
    title: 'CPU', unit: percent, max: 100, stacked: true, head: 'cpu.usage', else: 'cpu.usage',
    lines: [
      ['cpu.user', say('user')], ['cpu.nice', say('nice')], ['cpu.system', say('system')],
      ['cpu.irq', say('interrupts')], ['cpu.steal', say('stolen')],
      ['cpu.iowait', say('waiting for I/O')],
    ],
  },
  {
    title: 'Memory', unit: bytes, binary: true, stacked: true, head: 'memory.used',
    full: 'memory.total',
    lines: [
      ['memory.used', say('used')], ['memory.buffers', say('buffers')],
      ['memory.cached', say('cached')],
    ],
  },
  {
    title: 'Network', unit: rate, binary: true,
    lines: [['network.rx_speed', say('in'), 'down'], ['network.tx_speed', say('out'), 'up']],
  },
  {
    title: 'Load', unit: load, head: 'load_average.one',
    lines: [
      ['load_average.one', say('{n} min', { n: 1 })],
      ['load_average.five', say('{n} min', { n: 5 })],
      ['load_average.fifteen', say('{n} min', { n: 15 })],
    ],
  },
  {
    title: 'Disk I/O', unit: rate, binary: true,
    lines: [['disks.{disk}.read_speed', say('read')], ['disks.{disk}.write_speed', say('written')]],
  },
  {
    title: 'Disk busy', unit: percent, max: 100, lines: [['disks.{disk}.busy_percent', '']],
  },
  {
    title: 'Space in use', unit: percent, max: 100,
    lines: [['filesystems.{mount_point}.usage_percent', '']],
  },
  {
    title: 'Inodes in use', unit: percent, max: 100,
    share: ['filesystems.{mount_point}.inodes_used', 'filesystems.{mount_point}.inodes_total'],
    lines: [['filesystems.{mount_point}.inodes_used', '']],
  },
  {
    title: 'Temperature', unit: celsius, floating: true, lines: [['temperatures.{sensor}', '']],
  },
  { title: 'Latency', unit: milliseconds, lines: [['probes.{probe}.latency', '']] },
  { title: 'Probes lost', unit: percent, max: 100, lines: [['probes.{probe}.loss_percent', '']] },
  {
    title: 'Pressure', unit: percent, head: 'pressure.cpu.some_avg10',
    lines: [
      ['pressure.cpu.some_avg10', 'CPU'], ['pressure.memory.some_avg10', say('memory')],
      ['pressure.io.some_avg10', 'I/O'], ['pressure.memory.full_avg10', say('memory, all tasks')],
      ['pressure.io.full_avg10', say('I/O, all tasks')],
    ],
  },
  {
    title: 'Tracked connections', unit: count, head: 'conntrack.used', full: 'conntrack.max',
    lines: [['conntrack.used', say('tracked')]],
  },
  {
    title: 'Sockets', unit: count,
    lines: [
      ['sockets.tcp', 'TCP'], ['sockets.tcp_time_wait', say('TCP in time-wait')],
      ['sockets.udp', 'UDP'],
    ],
  },
  {
    title: 'Wi-Fi signal', unit: decibel, floating: true,
    lines: [['wireless.{interface}.signal_dbm', '']],
  },
  {
    title: 'Swap', unit: bytes, binary: true, needs: 'memory.swap_total',
    head: 'memory.swap_used', full: 'memory.swap_total',
    lines: [['memory.swap_used', say('used')], ['memory.zram_used', say('memory that zram takes')]],
  },
  { title: 'Fans', unit: (value) => count(value, say('rpm')), lines: [['fans.{fan}', '']] },
  { title: 'Battery', unit: percent, max: 100, lines: [['battery.percent', '']] },
];

/** The metrics a chart asks the hub for. */
export function metricsOf({ lines, head, else: instead }) {
  return [...new Set([...lines.map(([metric]) => metric), head, instead].filter(Boolean))];
}

const drawn = [...new Set(charts.flatMap(metricsOf))];

/** Every figure of a reading that some chart draws: {series name: value}. */
export function chartFigures(reading) {
  return Object.fromEntries(drawn.flatMap((metric) => readSeries(reading, metric)));
}

/** Whether a host that says this has something for the chart; all charts where it said nothing. */
export function hasChart({ lines, needs }, reading) {
  if (!reading) return true;
  if (needs && !readSeries(reading, needs)[0]?.[1]) return false;
  return lines.some(([metric]) => readSeries(reading, metric).length > 0);
}
