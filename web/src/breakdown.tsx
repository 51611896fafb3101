// The run's main figures by what tells requests apart: endpoint, scenario, group, status. Rows that are picked are
// drawn in the charts.

import { useState } from 'preact/hooks';
import type { Metric, Row, RunDocument } from './document';
import { amount, count } from './format';
import { More, Table } from './table';

interface Props {
  run: RunDocument;
  by: string;
  rows: string[];
  onBy: (by: string) => void;
  onRows: (rows: string[]) => void;
}

const SHOWN = 12;

/** The distribution that says most: response times, else the one with most samples. */
export function mainMetric(run: RunDocument): Metric | undefined {
  const drawn = run.heat ? run.metrics[run.heat.metric] : undefined;
  const trends = run.metrics.filter((metric) => metric.kind === 'trend' && metric.cuts.length > 0);
  return drawn ?? trends.sort((left, right) => right.all.samples - left.all.samples)[0];
}

export function Breakdown({ run, by, rows, onBy, onRows }: Props) {
  const [isWhole, setWhole] = useState(false);
  const metric = mainMetric(run);
  if (!metric || metric.cuts.length === 0) return null;
  const cut = metric.cuts.find((one) => one.by === by) ?? metric.cuts[0];
  if (!cut) return null;
  const failed = run.metrics.find((one) => one.name === 'http_req_failed')?.cuts.find((one) => one.by === cut.by);
  const errors = (row: Row) => failed?.rows.find((one) => one.value === row.value)?.figures['share'];
  const shown = isWhole ? cut.rows : cut.rows.slice(0, SHOWN);
  const hidden = cut.rows.length - shown.length;
  const toggle = (value: string) =>
    onRows(rows.includes(value) ? rows.filter((row) => row !== value) : [...rows, value]);
  return (
    <section aria-labelledby="breakdown">
      <div class="heading">
        <h2 id="breakdown">{metric.title} by</h2>
        <div class="choices" role="group" aria-label="Told apart by">
          {metric.cuts.map((one) => (
            <button type="button" aria-pressed={one === cut} onClick={() => onBy(one.by)}>
              {one.by}
            </button>
          ))}
        </div>
      </div>
      <Table of="breakdown" columns={[cut.by, 'Samples', 'Rate', 'p50', 'p95', 'p99', 'max', ...(failed ? ['Errors'] : [])]}>
        {shown.map((row) => (
          <tr>
            <th scope="row">
              {Object.keys(row.course).length > 0 ? (
                <label>
                  <input type="checkbox" checked={rows.includes(row.value)} onChange={() => toggle(row.value)} />
                  <bdi>{row.value || '(none)'}</bdi>
                </label>
              ) : (
                <bdi>{row.value || '(none)'}</bdi>
              )}
            </th>
            <td>{count(row.samples)}</td>
            <td>{amount(row.figures['rate'], '', '/s')}</td>
            {['p50', 'p95', 'p99', 'max'].map((name) => (
              <td>{amount(row.figures[name], metric.unit)}</td>
            ))}
            {failed && <td>{amount(errors(row), '%')}</td>}
          </tr>
        ))}
      </Table>
      <p class="hint">
        <More left={hidden} onMore={() => setWhole(true)} />
        {cut.left_out > 0 && <>{count(cut.left_out)} values more are not in this page. </>}
        {rows.length > 0 ? (
          <button type="button" onClick={() => onRows([])}>
            Draw all together again
          </button>
        ) : (
          'Tick rows to draw them in the charts.'
        )}
      </p>
    </section>
  );
}
