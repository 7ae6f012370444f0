// The few figures of a Sample that cards, charts and the order of the cards are made of.

function rootDisk(metrics) {
  const mounts = metrics.filesystems ?? [];
  return mounts.find((mount) => mount.mount_point === '/') ?? mounts[0] ?? (metrics.disks ?? [])[0];
}

function hottest(metrics) {
  const sensors = metrics.temperatures ?? [];
  const cpu = sensors.filter((sensor) => /cpu|core|package|soc|tctl|k10temp/i.test(sensor.label));
  const from = cpu.length > 0 ? cpu : sensors;
  return from.length > 0 ? Math.max(...from.map((sensor) => sensor.celsius)) : undefined;
}

export function figures(metrics) {
  const network = metrics.network ?? {};
  return {
    cpu: metrics.cpu?.usage,
    memory: metrics.memory?.usage_percent,
    disk: rootDisk(metrics)?.usage_percent,
    rx: network.rx_speed ?? network.rx,
    tx: network.tx_speed ?? network.tx,
    load: metrics.load_average?.one,
    temp: hottest(metrics),
    uptime: metrics.uptime,
  };
}
