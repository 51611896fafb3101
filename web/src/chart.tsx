// A chart over the run's time: lines with bands and limits, one cursor and one zoom for all of them, and the same
// numbers as a table and as CSV.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { usePlot } from './plot';
import type { RunDocument } from './document';
import { amount, moment } from './format';
import type { ChartPlan } from './lines';
import { drawMarks } from './marks';
import { drawLines } from './strokes';
import { Table } from './table';
import type { Palette } from './theme';

const HEIGHT = 210;
/** Lines of which each shows its point below the cursor: of more one cannot tell which is whose. */
const MOST_POINTS = 6;
const SYNC = uPlot.sync('run');

interface Props {
  run: RunDocument;
  plan: ChartPlan;
  colours: Palette;
  zoom: [number, number] | null;
  onZoom: (zoom: [number, number] | null) => void;
}

/** The middle of each step, in seconds. */
export function times(run: RunDocument): number[] {
  const { steps, step_s } = run;
  if (known.length !== steps || known[0] !== 0.5 * step_s) known = Array.from({ length: steps }, (_, step) => (step + 0.5) * step_s);
  return known;
}

/** The times of the run that is shown: all its charts have the same. */
let known: number[] = [];

/** Keeps a chart as wide as its place. */
export function useWidth(): [preact.RefObject<HTMLDivElement | null>, number] {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    setWidth(element.clientWidth);
    return () => watch.disconnect();
  }, []);
  return [place, width];
}

export function axes(colours: Palette, unit: string, per: string): uPlot.Axis[] {
  const common = { stroke: colours.text, font: '11px system-ui, sans-serif', grid: { stroke: colours.grid, width: 1 }, ticks: { show: false } };
  return [
    { ...common, size: 26, values: (_, at) => at.map((value) => moment(value)), incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200] },
    { ...common, size: 66, values: (_, at) => at.map((value) => amount(value, unit, per)) },
  ];
}

export function zoomHooks(onZoom: (zoom: [number, number] | null) => void): Partial<uPlot.Options> {
  return {
    cursor: { sync: { key: SYNC.key, setSeries: false }, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width > 3) onZoom([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

export function Chart({ run, plan, colours, zoom, onZoom }: Props) {
  const [place, width] = useWidth();
  const data = useMemo(() => [times(run), ...plan.lines.map((line) => line.values)] as uPlot.AlignedData, [run, plan]);
  const full: [number, number] = [0, run.steps * run.step_s];
  const latest = useRef({ onZoom, plan, zoom, full, run });
  latest.current = { onZoom, plan, zoom, full, run };
  // What cannot be changed in a plot that is there.
  const shape = JSON.stringify([plan.unit, plan.per, plan.lines.map(({ values, whole, ...line }) => line)]);

  const make = (element: HTMLElement) => {
    const hooks = zoomHooks((to) => latest.current.onZoom(to));
    const line = (at: number) => latest.current.plan.lines[at];
    return new uPlot(
      {
        width,
        height: HEIGHT,
        ...hooks,
        ...(plan.lines.length > MOST_POINTS ? { cursor: { ...hooks.cursor, points: { show: false } } } : {}),
        legend: { show: true, live: true },
        scales: {
          x: { time: false, range: () => latest.current.zoom ?? latest.current.full },
          y: { range: (_, low, high) => range(latest.current.plan, low, high) },
        },
        axes: axes(colours, plan.unit, plan.per),
        series: [
          { label: 'time', value: (_, at) => (at === null ? 'all' : moment(at)) },
          ...plan.lines.map(({ label, colour, width, dash }, at) => ({
            label,
            stroke: colour,
            width,
            ...(dash ? { dash } : {}),
            // Drawn by ourselves.
            paths: () => null,
            points: { show: false },
            value: (_: uPlot, value: number | null, __: number, step: number | null) =>
              amount(step === null ? line(at)?.whole : value, plan.unit, plan.per),
          })),
        ],
        hooks: {
          ...hooks.hooks,
          draw: [
            (drawn) => drawLines(drawn, latest.current.plan.lines),
            (drawn) => drawLimits(drawn, latest.current.plan, colours),
            (drawn) => drawMarks(drawn, latest.current.run, colours),
          ],
        },
      },
      data,
      element,
    );
  };
  usePlot(place, width, data, make, () => latest.current.onZoom(null), [shape, colours], [plan, zoom?.[0], zoom?.[1]]);

  return (
    <figure class="chart">
      <figcaption>{plan.title}</figcaption>
      <div class="plot" ref={place} role="img" aria-label={spoken(plan)} />
      {plan.limits.map((limit) => (
        <p class="limit">
          <span aria-hidden="true">┄</span> {amount(limit.at, plan.unit, plan.per)}: {limit.label}
        </p>
      ))}
      <Numbers run={run} plan={plan} />
    </figure>
  );
}

/** From zero, and up to what matters: limits that are far above what was measured are not worth the room. */
function range(plan: ChartPlan, low: number | null, high: number | null): [number, number] {
  const top = high ?? 1;
  const near = plan.limits.map((limit) => limit.at).filter((at) => at <= top * 3);
  const most = Math.max(top, ...near, plan.unit === '%' ? 0.01 : 0);
  const least = Math.min(0, low ?? 0);
  return most > least ? [least, most + (most - least) * 0.06] : [least, least + 1];
}

function drawLimits(plot: uPlot, plan: ChartPlan, colours: Palette) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colours.limit;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const limit of plan.limits) {
    const y = Math.round(plot.valToPos(limit.at, 'y', true));
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** What a chart says to those who do not see it. */
function spoken(plan: ChartPlan): string {
  const lines = plan.lines.map((line) => {
    let [least, most] = [Infinity, -Infinity];
    for (const value of line.values) {
      if (value === null) continue;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    if (least > most) return `${line.label}: no values`;
    return `${line.label} from ${amount(least, plan.unit, plan.per)} to ${amount(most, plan.unit, plan.per)}`;
  });
  return `${plan.title} over time. ${lines.join('; ')}. The table below has the numbers.`;
}

function Numbers({ run, plan }: { run: RunDocument; plan: ChartPlan }) {
  const [isOpen, setOpen] = useState(false);
  const at = times(run);
  return (
    <details class="numbers" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Numbers</summary>
      {isOpen && (
        <>
          <button type="button" onClick={() => save(`${plan.title}.csv`, csv(run, plan))}>
            Save as CSV
          </button>
          <Table of={{ name: `${plan.title}, numbers` }} columns={['from', ...plan.lines.map((line) => line.label)]}>
            {at.map((_, step) => (
              <tr>
                <th scope="row">{moment(step * run.step_s)}</th>
                {plan.lines.map((line) => (
                  <td>{amount(line.values[step], plan.unit, plan.per)}</td>
                ))}
              </tr>
            ))}
          </Table>
        </>
      )}
    </details>
  );
}

/** A cell that a spreadsheet takes as text, whatever it begins with. */
export function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export function csv(run: RunDocument, plan: ChartPlan): string {
  const unit = plan.unit === '%' ? 'share' : plan.unit + plan.per;
  const head = ['from_s', ...plan.lines.map((line) => cell(`${line.label}${unit ? ` (${unit})` : ''}`))];
  const rows = times(run).map((_, step) =>
    [step * run.step_s, ...plan.lines.map((line) => line.values[step] ?? '')].join(','),
  );
  return [head.join(','), ...rows, ''].join('\n');
}

export function save(name: string, text: string) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = name.replace(/[^\w.-]+/g, '-');
  link.click();
  URL.revokeObjectURL(link.href);
}
