// The runs of a history: two that are chosen are compared.

import { useState } from 'preact/hooks';
import type { KeptRun, TrendsDocument } from './document';
import { count, span } from './format';
import { MARKS } from './requirements';
import { More, Table } from './table';

const SHOWN = 15;

export function KeptRuns({ document }: { document: TrendsDocument }) {
  const [most, setMost] = useState(SHOWN);
  const [picked, setPicked] = useState<number[]>([]);
  const runs = [...document.runs].reverse();
  const links = document.links;
  // The older of two is the base, in whatever order they were chosen.
  const [base, head] = document.runs.map((run) => run.run).filter((run) => picked.includes(run));
  const toggle = (run: number) => setPicked(picked.includes(run) ? picked.filter((one) => one !== run) : [...picked.slice(-1), run]);
  return (
    <section aria-labelledby="runs">
      <div class="heading">
        <h2 id="runs">Runs</h2>
        <p class="hint" aria-live="polite">
          {base === undefined || head === undefined ? (
            'Tick two to compare them.'
          ) : links ? (
            <a href={links.compare.replace('{base}', String(base)).replace('{head}', String(head))}>
              Compare {base} with {head}
            </a>
          ) : (
            <code>
              loadline report {base} {head} -o compare.html
            </code>
          )}
        </p>
      </div>
      <Table of="runs" columns={['Run', 'Started', 'Length', 'Commit', ['Verdict', 'words']]}>
        {runs.slice(0, most).map((run) => (
          <tr key={run.run} class={run.outcome}>
            <th scope="row">
              <label>
                <input type="checkbox" checked={picked.includes(run.run)} onChange={() => toggle(run.run)} aria-label={`Compare run ${run.run}`} />
                <span>
                  {links ? <a href={links.run.replace('{run}', String(run.run))}>{run.run}</a> : run.run} <bdi>{run.name}</bdi>
                </span>
              </label>
            </th>
            <td>{moment(run)}</td>
            <td>{span(run.duration_ms)}</td>
            <td>
              <code>{run.commit.slice(0, 9)}</code>
            </td>
            <td class="words">
              <span class="outcome">{MARKS[run.outcome][0]}</span> <bdi>{run.words}</bdi>
            </td>
          </tr>
        ))}
      </Table>
      {runs.length > most && (
        <p class="hint">
          <More left={runs.length - most} onMore={() => setMost(most * 4)} />
        </p>
      )}
    </section>
  );
}

/** When a run started, as lists have it: UTC. */
export function moment(run: KeptRun): string {
  return new Date(run.started_unix_ms).toISOString().slice(0, 16).replace('T', ' ');
}
