// What is looked at: zoom, cut, picked rows, a figure, a side, theme. It is in the address, so that a link shows what one saw.

import { useEffect, useState } from 'preact/hooks';

export interface View {
  /** From and to, in seconds of the run; nothing for all of it. */
  zoom: [number, number] | null;
  /** By what values are told apart. */
  by: string;
  /** Rows that are drawn. */
  rows: string[];
  theme: 'light' | 'dark' | '';
  /** Of a comparison, the side that is shown alone: `base`, `head`. */
  show: string;
  /** Panels that were opened, and with `-` before their title those that were closed. */
  open: string[];
  /** Of a history, the figure that is drawn. */
  figure: string;
}

export function read(hash: string): View {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const [from, to] = (said.get('t') ?? '').split('-').map(Number);
  const isZoom = from !== undefined && to !== undefined && Number.isFinite(from) && Number.isFinite(to) && from < to;
  const theme = said.get('theme');
  return {
    zoom: isZoom ? [from, to] : null,
    by: said.get('by') ?? '',
    rows: said.getAll('row'),
    theme: theme === 'light' || theme === 'dark' ? theme : '',
    show: said.get('show') ?? '',
    figure: said.get('figure') ?? '',
    open: said.getAll('open'),
  };
}

export function written(view: View): string {
  const said = new URLSearchParams();
  if (view.zoom) said.set('t', view.zoom.map((at) => Number(at.toFixed(2))).join('-'));
  if (view.by) said.set('by', view.by);
  for (const row of view.rows) said.append('row', row);
  if (view.theme) said.set('theme', view.theme);
  if (view.show) said.set('show', view.show);
  for (const panel of view.open) said.append('open', panel);
  if (view.figure) said.set('figure', view.figure);
  const text = said.toString();
  return text ? `#${text}` : '';
}

export function useView(): [View, (change: Partial<View>) => void] {
  const [view, setView] = useState(() => read(location.hash));
  useEffect(() => {
    const follow = () => setView(read(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const change = (part: Partial<View>) =>
    setView((before) => {
      const after = { ...before, ...part };
      history.replaceState(null, '', written(after) || location.pathname + location.search);
      return after;
    });
  return [view, change];
}
