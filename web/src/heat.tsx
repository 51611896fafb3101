// How response times were spread, over time: darker where there were more.

import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { axes, times, useWidth, zoomHooks } from './chart';
import type { Heat, RunDocument } from './document';
import { amount, count, moment } from './format';
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
  const most = useMemo(() => heat.cells.reduce((most, [, , number]) => Math.max(most, number), 1), [heat]);
  const levels = heat.edges.length - 1;
  const [low, high] = [heat.edges[0] ?? 1, heat.edges[levels] ?? 1];

  useEffect(() => {
    const element = place.current;
    if (!element || width === 0) return;
    const hooks = zoomHooks((to) => latest.current(to));
    const [x, y] = axes(colours, unit, '');
    const made = new uPlot(
      {
        width,
        height: 210,
        ...hooks,
        legend: { show: false },
        scales: {
          x: { time: false, range: () => zoom ?? [0, run.steps * run.step_s] },
          y: { distr: 3, log: 10, range: () => [low, high] },
        },
        axes: [x ?? {}, { ...y, splits: () => splits(low, high), filter: (_: uPlot, at: number[]) => at }],
        series: [{}, { show: true, stroke: 'transparent', points: { show: false } }],
        hooks: { ...hooks.hooks, drawAxes: [(plot) => drawCells(plot, run, heat, most, colours)] },
      },
      [times(run), times(run).map(() => null)] as uPlot.AlignedData,
      element,
    );
    const reset = () => latest.current(null);
    made.over.addEventListener('dblclick', reset);
    return () => made.destroy();
  }, [width, run, heat, colours, zoom?.[0], zoom?.[1]]);

  const said = `${metric?.title ?? 'Values'} by size over time, from ${amount(low, unit)} to ${amount(high, unit)}; at most ${count(most)} values of one size in ${moment(run.step_s)}.`;
  return (
    <figure class="chart">
      <figcaption>{metric?.title ?? 'Values'}: how it spreads</figcaption>
      <div class="plot" ref={place} role="img" aria-label={said} />
      <p class="limit">
        darker: more of them, up to {count(most)} in {run.step_s === 1 ? 'a second' : `${run.step_s} s`}
      </p>
    </figure>
  );
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

function drawCells(plot: uPlot, run: RunDocument, heat: Heat, most: number, colours: Palette) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const [step, level, number] of heat.cells) {
    const left = Math.floor(plot.valToPos(step * run.step_s, 'x', true));
    const right = Math.ceil(plot.valToPos((step + 1) * run.step_s, 'x', true));
    const bottom = Math.ceil(plot.valToPos(heat.edges[level] ?? 0, 'y', true));
    const top = Math.floor(plot.valToPos(heat.edges[level + 1] ?? 0, 'y', true));
    ctx.fillStyle = shade(Math.log1p(number) / Math.log1p(most), colours.heat);
    ctx.fillRect(left, top, Math.max(1, right - left), Math.max(1, bottom - top));
  }
  ctx.restore();
}

function shade(part: number, stops: [number, number, number][]): string {
  const at = Math.min(0.999, Math.max(0, part)) * (stops.length - 1);
  const [from, to] = [stops[Math.floor(at)], stops[Math.floor(at) + 1]];
  if (!from || !to) return 'transparent';
  const mixed = from.map((value, channel) => Math.round(value + ((to[channel] ?? value) - value) * (at % 1)));
  return `rgb(${mixed.join(' ')})`;
}
