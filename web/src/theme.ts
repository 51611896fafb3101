// Colours of lines: told apart by people who see colours differently, on light and on dark (after Okabe and Ito).

import { useEffect, useState } from 'preact/hooks';

export interface Palette {
  lines: string[];
  text: string;
  grid: string;
  limit: string;
  /** What happened that was not planned. */
  event: string;
  band: string;
  heat: [number, number, number][];
  back: string;
}

const light: Palette = {
  lines: ['#0b62a8', '#c2540a', '#00795a', '#a33d80', '#7a6200', '#3b8ec9', '#a3231f', '#5b5b66'],
  text: '#5d6470',
  grid: '#e8eaee',
  limit: '#c3271c',
  event: '#8a5a00',
  band: '#0b62a8',
  heat: [
    [233, 240, 248],
    [120, 170, 214],
    [11, 98, 168],
    [7, 41, 82],
  ],
  back: '#ffffff',
};

const dark: Palette = {
  lines: ['#63b3ed', '#f0a05a', '#4cc9a0', '#e08fc4', '#d9c35a', '#9ad0f5', '#ff8a80', '#b4bac6'],
  text: '#98a1b0',
  grid: '#2a303a',
  limit: '#ff7b70',
  event: '#e9b95a',
  band: '#63b3ed',
  heat: [
    [27, 38, 52],
    [35, 86, 133],
    [99, 179, 237],
    [224, 242, 255],
  ],
  back: '#171b21',
};

export const palette = (theme: 'light' | 'dark'): Palette => (theme === 'dark' ? dark : light);

/** The theme that the machine prefers. */
export const preferred = (): 'light' | 'dark' =>
  matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';

/** The theme that is asked for, or that of the machine, and its colours; the page follows it. */
export function useTheme(asked: 'light' | 'dark' | ''): ['light' | 'dark', Palette] {
  const [machine, setMachine] = useState(preferred());
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setMachine(preferred());
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  const theme = asked || machine;
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  return [theme, palette(theme)];
}

/** A colour with so much of it. */
export function faint(colour: string, alpha: number): string {
  return colour + Math.round(alpha * 255).toString(16).padStart(2, '0');
}
