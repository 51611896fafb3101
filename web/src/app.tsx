// The whole page: the verdict first, then what explains it.

import { useMemo, useState } from 'preact/hooks';
import { Bend } from './bend';
import { Breakdown, mainMetric } from './breakdown';
import { Chart } from './chart';
import type { RunDocument } from './document';
import { Events } from './events';
import { Checks, Failures } from './failures';
import { moment } from './format';
import { HeatMap } from './heat';
import { Ledger } from './ledger';
import { isZero, plans } from './lines';
import { LoadLine } from './load-line';
import { Panels } from './panels';
import { Requirements, Verdict } from './requirements';
import { useTheme } from './theme';
import { useView } from './view';

/** Charts that are drawn before anybody asks for more. */
const FIRST_CHARTS = 24;

export function App({ run, isLive = false }: { run: RunDocument; isLive?: boolean }) {
  const [view, change] = useView();
  const [theme, colours] = useTheme(view.theme);
  const by = view.by || mainMetric(run)?.cuts[0]?.by || '';
  const rowsText = view.rows.join('\n');
  const panels = useMemo(
    () =>
      run.panels.map((panel, at) => ({
        title: panel.title,
        isFirst: panel.first !== false,
        fails: run.requirements.some((one) => one.fails && one.metric !== null && panel.metrics.includes(one.metric)),
        charts: plans(run, at, by, view.rows, colours),
      })),
    [run, by, rowsText, theme],
  );
  const [most, setMost] = useState(FIRST_CHARTS);
  const first = panels.filter((panel) => panel.isFirst).flatMap((panel) => panel.charts);
  const all = first.filter((plan) => !isZero(plan));
  const zero = first.filter(isZero).map((plan) => plan.title);
  const shown = all.slice(0, most);
  const common = { run, colours, zoom: view.zoom, onZoom: (zoom: [number, number] | null) => change({ zoom }) };
  return (
    <main>
      <Verdict run={run} />
      <Requirements run={run} />
      <section aria-labelledby="course">
        <div class="heading">
          <h2 id="course">Course</h2>
          <p class="hint">
            {view.zoom ? (
              <>
                {moment(view.zoom[0])} to {moment(view.zoom[1])}{' '}
                <button type="button" onClick={() => change({ zoom: null })}>
                  Show all
                </button>
              </>
            ) : (
              'Drag over a chart to look closer.'
            )}
          </p>
        </div>
        <Events run={run} onZoom={(zoom) => change({ zoom })} />
        <div class="charts">
          <LoadLine run={run} />
          {shown.slice(0, 1).map((plan) => (
            <Chart key={plan.id} plan={plan} {...common} />
          ))}
          {run.heat && <HeatMap heat={run.heat} {...common} />}
          {shown.slice(1).map((plan) => (
            <Chart key={plan.id} plan={plan} {...common} />
          ))}
          <Bend run={run} zoom={view.zoom} />
        </div>
        {zero.length > 0 && <p class="hint">Always zero: {zero.join(', ')}.</p>}
        {all.length > shown.length && (
          <p class="hint">
            <button type="button" onClick={() => setMost(most + FIRST_CHARTS)}>
              Show more charts ({all.length - shown.length} left)
            </button>
          </p>
        )}
      </section>
      <Breakdown run={run} by={by} rows={view.rows} onBy={(to) => change({ by: to, rows: [] })} onRows={(rows) => change({ by, rows })} />
      <Ledger run={run} colours={colours} />
      <Failures run={run} />
      <Checks run={run} />
      <Panels panels={panels.filter((panel) => !panel.isFirst)} open={view.open} onOpen={(open) => change({ open })} {...common} />
      <footer>
        <p>
          Each point is {run.step_s === 1 ? 'one second' : `${run.step_s} seconds`} of the run.{' '}
          {isLive
            ? 'Requirements are judged as far as the run has come. Rows are drawn in the order in which they came up.'
            : 'Made by Loadline; nothing on this page was fetched from anywhere.'}
        </p>
        <button type="button" onClick={() => change({ theme: theme === 'dark' ? 'light' : 'dark' })}>
          {theme === 'dark' ? 'Light' : 'Dark'} colours
        </button>
      </footer>
    </main>
  );
}
