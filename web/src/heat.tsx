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
  // Painted when it is drawn, which is not while the page is put together.
  const picture = useMemo(() => once(() => paint(run, heat, most, colours)), [run, heat, most, colours]);
  const now = useRef({ zoom, run, low, high, picture });
  now.current = { zoom, run, low, high, picture };
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
          drawAxes: [(plot) => drawPicture(plot, now.current)],
          draw: [(plot) => drawMarks(plot, now.current.run, colours)],
        },
      },
      data,
      element,
    );
  };
  usePlot(place, width, data, make, () => latest.current(null), [unit, colours], [picture, zoom?.[0], zoom?.[1]]);

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

/** What is worked out when somebody asks for the first time. */
function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | null = null;
  return () => (made ??= { value: make() }).value;
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

/** The heat as a picture of a point for each step and level: edges are in equal ratios, so it only has to be stretched. */
function paint(run: RunDocument, heat: Heat, most: number, colours: Palette): HTMLCanvasElement | null {
  const levels = heat.edges.length - 1;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [run.steps, levels];
  const context = canvas.getContext('2d');
  if (!context || run.steps === 0 || levels < 1) return null;
  const image = context.createImageData(run.steps, levels);
  const points = new Uint32Array(image.data.buffer);
  const shades = new Uint32Array(Uint8Array.from(Array.from({ length: SHADES + 1 }, (_, at) => shade(at / SHADES, colours.heat)).flat()).buffer);
  const part = SHADES / Math.log1p(most);
  const highest = levels - 1 + (heat.lowest ?? 0);
  for (const [step, level, number] of heat.cells) points[(highest - level) * run.steps + step] = shades[Math.round(Math.log1p(number) * part)] ?? 0;
  context.putImageData(image, 0, 0);
  return canvas;
}

const SHADES = 255;

interface Drawn {
  run: RunDocument;
  low: number;
  high: number;
  picture: () => HTMLCanvasElement | null;
}

function drawPicture(plot: uPlot, { run, low, high, picture: made }: Drawn) {
  const picture = made();
  if (!picture) return;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const [left, right] = [plot.valToPos(0, 'x', true), plot.valToPos(run.steps * run.step_s, 'x', true)];
  const [bottom, top] = [plot.valToPos(low, 'y', true), plot.valToPos(high, 'y', true)];
  // Points that are stretched stay points; those that are pressed together are mixed.
  ctx.imageSmoothingEnabled = right - left < picture.width;
  ctx.drawImage(picture, left, top, right - left, bottom - top);
  ctx.restore();
}

function shade(part: number, stops: [number, number, number][]): [number, number, number, number] {
  const at = Math.min(0.999, Math.max(0, part)) * (stops.length - 1);
  const [from, to] = [stops[Math.floor(at)], stops[Math.floor(at) + 1]];
  if (!from || !to) return [0, 0, 0, 0];
  const mixed = from.map((value, channel) => Math.round(value + ((to[channel] ?? value) - value) * (at % 1)));
  return [mixed[0] ?? 0, mixed[1] ?? 0, mixed[2] ?? 0, 255];
}
