// The charts of two runs together: the lines of both in each.

import type { Metric, Numbers, Row, RunDocument } from './document';
import { limitsOf, type ChartPlan, type Line } from './lines';
import type { Palette } from './theme';

/** Seconds of the run, cut to as many steps as the longer of both has. */
function padded(values: Numbers, steps: number): Numbers {
  return values.length >= steps ? values : [...values, ...Array<null>(steps - values.length).fill(null)];
}

/** All of a metric, or the row that is picked. */
function chosen(metric: Metric, by: string, value: string): Row | undefined {
  if (!value) return metric.all;
  return metric.cuts.find((cut) => cut.by === by)?.rows.find((row) => row.value === value && Object.keys(row.course).length > 0);
}

/** A chart for each metric that either has, in the order of the head's panels. */
export function pairPlans(base: RunDocument, head: RunDocument, by: string, value: string, colours: Palette): ChartPlan[] {
  const steps = Math.max(base.steps, head.steps);
  // What explains most comes first.
  const first = head.heat ? [head.metrics[head.heat.metric]?.name ?? ''] : [];
  const names = [head, base].flatMap((run) => run.panels.flatMap((panel) => panel.metrics.map((at) => run.metrics[at]?.name ?? '')));
  const charts: ChartPlan[] = [];
  for (const name of new Set([...first, ...names])) {
    const pair = [base, head].map((run) => run.metrics.find((metric) => metric.name === name));
    const metric = pair[1] ?? pair[0];
    if (!metric) continue;
    const columns = metric.kind === 'trend' ? ['p50', 'p95'] : [metric.kind === 'rate' ? 'share' : metric.kind === 'counter' ? 'rate' : 'last'];
    const lines: Line[] = [];
    pair.forEach((one, side) => {
      const row = one && chosen(one, by, value);
      if (!row) return;
      columns.forEach((column) => {
        const word = side === 0 ? 'base' : 'head';
        lines.push({
          label: columns.length > 1 ? `${word} ${column}` : word,
          values: padded(row.course[column] ?? [], steps),
          colour: (side === 0 ? colours.lines[7] : colours.lines[0]) ?? colours.text,
          width: column === 'p50' ? 1 : 1.75,
          ...(column === 'p50' ? { dash: [4, 3] } : {}),
          whole: row.figures[column],
        });
      });
    });
    if (!lines.some((line) => line.values.some((one) => one !== null && one !== 0))) continue;
    const limits = head.metrics.includes(metric) ? limitsOf(head.requirements, head.metrics.indexOf(metric)) : [];
    charts.push({
      id: name,
      title: value ? `${metric.title}: ${value}` : metric.title,
      unit: metric.kind === 'rate' ? '%' : metric.unit,
      per: metric.kind === 'counter' ? '/s' : '',
      lines,
      limits: value ? [] : limits,
      note: '',
    });
  }
  return charts;
}
