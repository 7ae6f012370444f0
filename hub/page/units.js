// Values as people read them: bytes, shares, spans of time, flags, names of systems.

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytes(value, digits = 1) {
  if (!Number.isFinite(value)) return '–';
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${value.toFixed(unit === 0 || value >= 99.95 ? 0 : digits)} ${units[unit]}`;
}

export const rate = (value) => (Number.isFinite(value) ? `${bytes(value)}/s` : '–');
export const percent = (value) => (Number.isFinite(value) ? `${value.toFixed(1)}%` : '–');
export const celsius = (value) => (Number.isFinite(value) ? `${Math.round(value)} °C` : '–');
export const decibel = (value) => (Number.isFinite(value) ? `${Math.round(value)} dBm` : '–');
export const milliseconds = (value) => (
  Number.isFinite(value) ? `${value.toFixed(value < 9.95 ? 1 : 0)} ms` : '–'
);
export const load = (value) => (Number.isFinite(value) ? value.toFixed(2) : '–');

export function count(value, unit = '') {
  if (!Number.isFinite(value)) return '–';
  const number = value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
  return `${number} ${unit}`.trim();
}

/** A number of which nothing else is known, with the digits that it has. */
export const exact = (value) => (
  Number.isFinite(value) ? value.toLocaleString('en', { maximumSignificantDigits: 6 }) : '–'
);

export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  const d = Math.floor(seconds / 86400);
  const h = Math.floor(seconds / 3600) % 24;
  const m = Math.floor(seconds / 60) % 60;
  if (d > 0) return `${d} d ${h} h`;
  if (h > 0) return `${h} h ${m} min`;
  return m > 0 ? `${m} min` : `${Math.floor(seconds)} s`;
}

export function ago(time) {
  const seconds = Math.max(0, (Date.now() - time) / 1000);
  return seconds < 60 ? 'just now' : `${duration(seconds)} ago`;
}

/** A time of today as a time, an older one with its date. */
export function clock(text) {
  const time = new Date(text);
  const today = time.toDateString() === new Date().toDateString();
  const date = today ? {} : { month: 'short', day: 'numeric' };
  return time.toLocaleString(undefined, { ...date, hour: '2-digit', minute: '2-digit' });
}

function regional(code) {
  return String.fromCodePoint(...[...code].map((letter) => 0x1f1a5 + letter.charCodeAt(0)));
}

/** Whether two letters become one flag here; where they do not, the letters are shown. */
export const flagsDrawn = (() => {
  const pen = document.createElement('canvas').getContext('2d');
  pen.font = '20px system-ui, sans-serif';
  return pen.measureText(regional('DE')).width < 1.5 * pen.measureText(regional('D')).width;
})();

export function flag(code) {
  if (!/^[A-Za-z]{2}$/.test(code ?? '')) return '';
  return flagsDrawn ? regional(code.toUpperCase()) : code.toUpperCase();
}

const systems = {
  openwrt: 'OpenWrt', raspbian: 'Raspberry Pi OS', rhel: 'RHEL', opensuse: 'openSUSE',
  almalinux: 'AlmaLinux', nixos: 'NixOS',
};

export function osName(id) {
  return systems[id] ?? id.charAt(0).toUpperCase() + id.slice(1);
}

/** How much attention a value wants. */
export const level = (value, warn, bad) => (value >= bad ? 'bad' : value >= warn ? 'warn' : 'good');
