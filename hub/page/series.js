// Series: what the hub keeps over time, by the names of docs/metrics.md, as found in a reading.

/** Where a reading has one value for each disk, mount, ...: the field that names it. */
const named = {
  disks: 'name', filesystems: 'mount_point', temperatures: 'label', fans: 'label',
  wireless: 'interface', probes: 'name',
};
/** The value of a list whose metric has no field behind the label. */
const bare = { temperatures: 'celsius', fans: 'rpm' };

const BRACES = /\{[^}]*\}/;

/** The name of one series of a metric: its label stands in the place of the braces. */
export function seriesName(metric, labels) {
  const values = Object.values(labels ?? {});
  const key = metric.match(BRACES)?.[0].slice(1, -1);
  const label = labels?.[key] ?? values[0];
  return label === undefined ? metric : metric.replace(BRACES, () => label);
}

/** What is in the place of the braces of `metric` in the name of one series of it. */
export function labelOf(metric, name) {
  const [before, after] = metric.split(BRACES);
  return after === undefined ? '' : name.slice(before.length, name.length - after.length);
}

/** Every series of `metric` in a reading: [name, value], as many as there are labels. */
export function readSeries(reading, metric) {
  if (!BRACES.test(metric)) {
    const value = metric.split('.').reduce((part, key) => part?.[key], reading);
    return Number.isFinite(value) ? [[metric, value]] : [];
  }
  const list = metric.split('.')[0];
  const field = metric.split('}.')[1] ?? bare[list];
  const parts = (reading[list] ?? []).filter((part) => Number.isFinite(part[field]));
  return parts.map((part) => [seriesName(metric, [part[named[list]]]), part[field]]);
}
