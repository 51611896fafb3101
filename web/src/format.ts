// Numbers with their units, as the terminal writes them.

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Three digits, without zeros that say nothing. */
function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return grouped.format(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return trimmed(value.toFixed(1));
  if (size >= 1 || size === 0) return trimmed(value.toFixed(2));
  return trimmed(value.toPrecision(2));
}

function trimmed(text: string): string {
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
}

export function milliseconds(value: number): string {
  const size = Math.abs(value);
  if (size >= 60_000) return `${short(value / 60_000)} min`;
  if (size >= 1_000) return `${short(value / 1_000)} s`;
  if (size >= 1 || size === 0) return `${short(value)} ms`;
  return `${short(value * 1_000)} µs`;
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let at = 0;
  let rest = value;
  while (Math.abs(rest) >= 1_000 && at < units.length - 1) {
    rest /= 1_000;
    at += 1;
  }
  return `${short(rest)} ${units[at]}`;
}

export function share(value: number): string {
  const percent = value * 100;
  // What is nearly all and what is nearly nothing must not look like it.
  if (percent > 0 && percent < 0.01) return '< 0.01%';
  if (percent < 100 && percent > 99.99) return '> 99.99%';
  return `${trimmed(percent.toFixed(2))}%`;
}

export const count = (value: number): string => grouped.format(value);

/** A number of a unit; `per` is added to what is counted in time. */
export function amount(value: number | null | undefined, unit: string, per = ''): string {
  if (value === null || value === undefined) return '–';
  if (unit === 'ms') return milliseconds(value) + per;
  if (unit === 'bytes') return bytes(value) + per;
  if (unit === '%') return share(value);
  return short(value) + per;
}

/** A moment of the run: `0:42`, `1:02:05`. */
export function moment(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** How long something took: `42 s`, `10 min 3 s`. */
export function span(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (seconds < 60) return `${trimmed((milliseconds / 1000).toFixed(1))} s`;
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const parts = [hours && `${hours} h`, minutes && `${minutes} min`, rest && `${rest} s`];
  return parts.filter(Boolean).join(' ');
}

/** A figure of comparisons and trends, whose unit is one of `ms`, `/s`, `share`, `bytes`, or what it counts. */
export function figure(value: number | null, unit: string): string {
  if (unit === 'share') return amount(value, '%');
  if (unit === 'ms' || unit === 'bytes') return amount(value, unit);
  if (unit === '/s') return amount(value, '', '/s');
  return value === null ? '–' : `${amount(value, '')}${unit ? ` ${unit}` : ''}`;
}
