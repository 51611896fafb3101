// How response times were spread, over time: darker where there were more.

import { useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { usePlot } from './plot';
import { axes, times, useWidth, zoomHooks } from './chart';
import type { Heat, RunDocument } from './document';
import { amount, count, moment } from './format';
import { drawMarks } from './marks';
import { Numbers } from './numbers';
import type { Palette } from './theme';

interface Props {
  run: RunDocument;
  heat: Heat;
  colours: Palette;
  zoom: [number, number] | null;
  onZoom: (zoom: [number, number] | null) => void;
}

export function HeatMap({ run, heat, colours, zoom, onZoom }: Props) {
  const [place, width] = useWidth();
  const latest = useRef(onZoom);
  latest.current = onZoom;
  const metric = run.metrics[heat.metric];
  const unit = metric?.unit ?? 'ms';
  const most = useMemo(() => largest(heat), [heat]);
  const levels = heat.edges.length - 1;
  const [low, high] = [heat.edges[0] ?? 1, heat.edges[levels] ?? 1];

  const data = useMemo(() => [times(run), times(run).map(() => null)] as uPlot.AlignedData, [run]);
  const now = useRef<Drawn>({ zoom, run, heat, most, low, high });
  now.current = { zoom, run, heat, most, low, high };
  const make = (element: HTMLElement) => {
    const hooks = zoomHooks((to) => latest.current(to));
    const [x, y] = axes(colours, unit, '');
    return new uPlot(
      {
        width,
        height: 210,
        ...hooks,
        legend: { show: false },
        scales: {
          x: { time: false, range: () => now.current.zoom ?? [0, now.current.run.steps * now.current.run.step_s] },
          y: { distr: 3, log: 10, range: () => [now.current.low, now.current.high] },
        },
        axes: [
          x ?? {},
          { ...y, splits: () => splits(now.current.low, now.current.high), filter: (_: uPlot, at: number[]) => at },
        ],
        series: [{}, { show: true, stroke: 'transparent', points: { show: false } }],
        hooks: {
          ...hooks.hooks,
          drawAxes: [(plot) => drawPicture(plot, now.current, colours)],
          draw: [(plot) => drawMarks(plot, now.current.run, colours)],
        },
      },
      data,
      element,
    );
  };
  usePlot(place, width, data, make, () => latest.current(null), [unit, colours], [heat, zoom?.[0], zoom?.[1]]);

  const said = `${metric?.title ?? 'Values'} by size over time, from ${amount(low, unit)} to ${amount(high, unit)}; at most ${count(most)} values of one size in ${moment(run.step_s)}.`;
  return (
    <figure class="chart">
      <figcaption>{metric?.title ?? 'Values'}: how it spreads</figcaption>
      <div class="plot" ref={place} role="img" aria-label={said} />
      <p class="limit">
        darker: more of them, up to {count(most)} in {run.step_s === 1 ? 'a second' : `${run.step_s} s`}
      </p>
      <Numbers
        title={`${metric?.title ?? 'Values'} by size`}
        head={['from_s', `above (${unit})`, `up to (${unit})`, 'count']}
        rows={() => {
          const edge = (level: number) => heat.edges[level - (heat.lowest ?? 0)] ?? null;
          return heat.cells.map(([step, level, number]) => [step * run.step_s, edge(level), edge(level + 1), number]);
        }}
        shown={(value, column) => (column === 3 ? count(value ?? 0) : amount(value, unit))}
      />
    </figure>
  );
}

function largest(heat: Heat): number {
  let most = 1;
  for (const [, , number] of heat.cells) if (number > most) most = number;
  return most;
}

/** 1, 2 and 5 of each power of ten between two sizes. */
function splits(low: number, high: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const digit of [1, 2, 5]) {
      const at = digit * 10 ** power;
      if (at >= low && at <= high) found.push(at);
    }
  }
  const every = Math.ceil(found.length / 7);
  return found.filter((_, at) => at % every === 0);
}

/** The heat as a picture, of what is looked at: a point for each level and for each column of steps, as many as it is wide. */
interface Picture {
  canvas: HTMLCanvasElement;
  /** The steps that it begins and ends with. */
  from: number;
  until: number;
}

/** Edges are in equal ratios: the picture only has to be stretched. Of steps that share a column the one with most counts. */
function paint(heat: Heat, most: number, colours: Palette, from: number, until: number, width: number): Picture | null {
  const levels = heat.edges.length - 1;
  const shared = Math.max(1, Math.ceil((until - from) / width));
  const columns = Math.ceil((until - from) / shared);
  if (columns < 1 || levels < 1) return null;
  const lowest = heat.lowest ?? 0;
  const counts = new Float64Array(columns * levels);
  for (let at = firstOf(heat, from); at < heat.cells.length; at += 1) {
    const cell = heat.cells[at] as Heat['cells'][number];
    if (cell[0] >= until) break;
    const place = (levels - 1 + lowest - cell[1]) * columns + Math.floor((cell[0] - from) / shared);
    if (cell[2] > (counts[place] ?? 0)) counts[place] = cell[2];
  }
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [columns, levels];
  const context = canvas.getContext('2d');
  if (!context) return null;
  const image = context.createImageData(columns, levels);
  const points = new Uint32Array(image.data.buffer);
  const shades = new Uint32Array(Uint8Array.from(Array.from({ length: SHADES + 1 }, (_, at) => shade(at / SHADES, colours.heat)).flat()).buffer);
  const part = SHADES / Math.log1p(most);
  counts.forEach((number, place) => {
    if (number > 0) points[place] = shades[Math.round(Math.log1p(number) * part)] ?? 0;
  });
  context.putImageData(image, 0, 0);
  return { canvas, from, until: from + columns * shared };
}

/** The place of the first cell of a step or of what comes after it. */
function firstOf({ cells }: Heat, step: number): number {
  let [low, high] = [0, cells.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cells[middle]?.[0] ?? 0) < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

const SHADES = 255;

interface Drawn {
  run: RunDocument;
  heat: Heat;
  most: number;
  low: number;
  high: number;
  zoom: [number, number] | null;
}

function drawPicture(plot: uPlot, { run, heat, most, low, high, zoom }: Drawn, colours: Palette) {
  const { ctx, bbox } = plot;
  const [first, last] = zoom ?? [0, run.steps * run.step_s];
  const [from, until] = [Math.max(0, Math.floor(first / run.step_s)), Math.min(run.steps, Math.ceil(last / run.step_s))];
  const picture = paint(heat, most, colours, from, until, bbox.width);
  if (!picture) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const [left, right] = [picture.from, picture.until].map((step) => plot.valToPos(step * run.step_s, 'x', true)) as [number, number];
  const [bottom, top] = [plot.valToPos(low, 'y', true), plot.valToPos(high, 'y', true)];
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(picture.canvas, left, top, right - left, bottom - top);
  ctx.restore();
}

function shade(part: number, stops: [number, number, number][]): [number, number, number, number] {
  const at = Math.min(0.999, Math.max(0, part)) * (stops.length - 1);
  const [from, to] = [stops[Math.floor(at)], stops[Math.floor(at) + 1]];
  if (!from || !to) return [0, 0, 0, 0];
  const mixed = from.map((value, channel) => Math.round(value + ((to[channel] ?? value) - value) * (at % 1)));
  return [mixed[0] ?? 0, mixed[1] ?? 0, mixed[2] ?? 0, 255];
}
