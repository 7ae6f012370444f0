// Values as people read them: bytes, shares, spans of time, flags, names of systems.

import { language, say, tag } from './words.js';

// Made once: a screen of hundreds of hosts has thousands of numbers.
const numbers = [0, 1, 2].map((digits) => new Intl.NumberFormat(language, {
  minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false,
}));
const fixed = (value, digits) => numbers[digits].format(value);
const [few, whole, six] = [
  { maximumFractionDigits: 1 }, { maximumFractionDigits: 0 }, { maximumSignificantDigits: 6 },
].map((options) => new Intl.NumberFormat(language, options));
const [timeOfDay, timeOfYear] = [{}, { month: 'short', day: 'numeric' }].map((date) => (
  new Intl.DateTimeFormat(tag, { ...date, hour: '2-digit', minute: '2-digit' })
));

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytes(value, digits = 1) {
  if (!Number.isFinite(value)) return '–';
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${fixed(value, unit === 0 || value >= 99.95 ? 0 : digits)} ${units[unit]}`;
}

export const rate = (value) => (Number.isFinite(value) ? `${bytes(value)}/s` : '–');
export const percent = (value) => (Number.isFinite(value) ? `${fixed(value, 1)}%` : '–');
export const celsius = (value) => (Number.isFinite(value) ? `${Math.round(value)} °C` : '–');
export const decibel = (value) => (Number.isFinite(value) ? `${Math.round(value)} dBm` : '–');
export const milliseconds = (value) => (
  Number.isFinite(value) ? `${fixed(value, value < 9.95 ? 1 : 0)} ms` : '–'
);
export const load = (value) => (Number.isFinite(value) ? fixed(value, 2) : '–');

export function count(value, unit = '') {
  if (!Number.isFinite(value)) return '–';
  return `${(value < 10 ? few : whole).format(value)} ${unit}`.trim();
}

/** A number of which nothing else is known, with the digits that it has. */
export const exact = (value) => (
  Number.isFinite(value) ? six.format(value) : '–'
);

export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  const d = Math.floor(seconds / 86400);
  const h = Math.floor(seconds / 3600) % 24;
  const m = Math.floor(seconds / 60) % 60;
  if (d > 0) return say('{d} d {h} h', { d, h });
  if (h > 0) return say('{h} h {m} min', { h, m });
  return m > 0 ? say('{n} min', { n: m }) : say('{n} s', { n: Math.floor(seconds) });
}

export function ago(time) {
  const seconds = Math.max(0, (Date.now() - time) / 1000);
  return seconds < 60 ? say('just now') : say('{time} ago', { time: duration(seconds) });
}

/** A time of today as a time, an older one with its date. */
export function clock(text) {
  const time = new Date(text);
  const today = time.toDateString() === new Date().toDateString();
  return (today ? timeOfDay : timeOfYear).format(time);
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
