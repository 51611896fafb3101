// Which lines a chart has: chosen by what kind of metric it shows, and by which rows are picked.

import type { Metric, Numbers, Requirement, Row, RunDocument } from './document';
import { faint, type Palette } from './theme';

export interface Line {
  label: string;
  values: Numbers;
  colour: string;
  width: number;
  dash?: number[];
  /** What it comes to over the whole run, as far as that is known. */
  whole?: number | null | undefined;
  /** Filled between this line and the one at that place. */
  fillTo?: { at: number; colour: string };
}

export interface Limit {
  label: string;
  at: number;
}

export interface ChartPlan {
  id: string;
  title: string;
  unit: string;
  /** Behind each number: `/s`. */
  per: string;
  lines: Line[];
  limits: Limit[];
  /** Rows that could be drawn and are not. */
  note: string;
}

/** The rows of a metric that are picked, as far as they have a course. */
export function picked(metric: Metric, by: string, rows: string[]): Row[] {
  const cut = metric.cuts.find((one) => one.by === by);
  const all = cut ? cut.rows : [];
  return rows.flatMap((value) => all.filter((row) => row.value === value && Object.keys(row.course).length > 0));
}

/** The charts of a panel: one for each distribution, one for all else of the same unit. */
export function plans(run: RunDocument, panel: number, by: string, rows: string[], colours: Palette): ChartPlan[] {
  const said = run.panels[panel];
  if (!said) return [];
  const charts: ChartPlan[] = [];
  const first = run.heat?.metric ?? -1;
  for (const at of [...said.metrics].sort((left, right) => Number(right === first) - Number(left === first))) {
    const metric = run.metrics[at];
    if (!metric) continue;
    const limits = limitsOf(run.requirements, at);
    const chosen = picked(metric, by, rows);
    if (metric.kind === 'trend') {
      charts.push({ ...base(metric, said.title, limits), lines: distribution(metric, chosen, colours) });
      continue;
    }
    const column = metric.kind === 'rate' ? 'share' : metric.kind === 'counter' ? 'rate' : 'last';
    const per = metric.kind === 'counter' ? '/s' : '';
    const unit = metric.kind === 'rate' ? '%' : metric.unit === 'bytes' ? 'bytes' : metric.unit === 'ms' ? 'ms' : metric.unit;
    // What is drawn by nature in parts: the memory of each process, and not that of all of them together.
    const parts = metric.kind === 'gauge' ? (metric.cuts[0]?.rows ?? []).filter((row) => row.course[column]) : [];
    const drawn = chosen.length > 0 ? chosen : parts.length > 0 ? parts : [metric.all];
    // Shares that should be high and shares that should be low have no room together.
    const side = metric.kind === 'rate' ? ((metric.all.figures['share'] ?? 0) > 0.5 ? 'high' : 'low') : '';
    const kin = `shared-${panel}-${unit}-${per}-${side}`;
    let chart = charts.find((one) => one.id === kin);
    if (!chart) {
      chart = { ...base(metric, said.title, []), id: kin, title: said.title, unit, per, lines: [] };
      charts.push(chart);
    }
    for (const row of drawn) {
      const label = row.value ? `${metric.title}: ${row.value}` : metric.title;
      chart.lines.push({
        label,
        values: row.course[column] ?? [],
        colour: colours.lines[chart.lines.length % colours.lines.length] ?? colours.text,
        width: 1.5,
        whole: row.figures[column],
      });
    }
    chart.limits.push(...limits);
  }
  const shared = charts.filter((chart) => chart.id.startsWith('shared'));
  for (const chart of shared) {
    const labels = chart.lines.map((line) => line.label);
    if (labels.length === 1) chart.title = labels[0] ?? chart.title;
    // What differs in its unit has a chart of its own, and no title twice.
    else if (shared.length > 1 && labels.length === 2) chart.title = labels.join(', ');
  }
  return charts.filter((chart) => chart.lines.some((line) => line.values.some((value) => value !== null)));
}

/** Whether a chart would be a line at zero: said in words instead. */
export function isZero(chart: ChartPlan): boolean {
  return chart.limits.length === 0 && chart.lines.every((line) => line.values.every((value) => value === null || value === 0));
}

function base(metric: Metric, panel: string, limits: Limit[]): ChartPlan {
  const title = metric.title === panel ? panel : metric.title;
  return { id: metric.name, title, unit: metric.unit, per: '', lines: [], limits, note: '' };
}

function distribution(metric: Metric, chosen: Row[], colours: Palette): Line[] {
  if (chosen.length > 0) {
    return chosen.map((row, at) => ({
      label: `${row.value} p95`,
      values: row.course['p95'] ?? [],
      colour: colours.lines[at % colours.lines.length] ?? colours.text,
      width: 1.5,
      whole: row.figures['p95'],
    }));
  }
  const course = metric.all.course;
  const blue = colours.band;
  const line = (label: string, width: number, more: Partial<Line> = {}): Line => ({
    label,
    values: course[label] ?? [],
    colour: blue,
    width,
    whole: metric.all.figures[label],
    ...more,
  });
  return [
    line('max', 1, { colour: faint(blue, 0.35) }),
    line('p99', 1, { colour: faint(blue, 0.75) }),
    line('p95', 2, { fillTo: { at: 1, colour: faint(blue, 0.1) } }),
    line('p75', 0, { fillTo: { at: 2, colour: faint(blue, 0.18) } }),
    line('p50', 1.5, { fillTo: { at: 3, colour: faint(blue, 0.3) } }),
  ];
}

export function limitsOf(requirements: Requirement[], metric: number): Limit[] {
  const drawn = requirements.filter((one) => one.metric === metric && one.line !== null);
  const brief = (one: Requirement) => one.words.replace(/^[\w.]+(?=\{)/, '');
  const seen = new Map<number, string>();
  for (const one of drawn) {
    const at = one.line as number;
    seen.set(at, seen.has(at) ? `${seen.get(at)}, ${brief(one)}` : brief(one));
  }
  return [...seen].sort(([left], [right]) => left - right).map(([at, label]) => ({ at, label }));
}
