// The runs of a history: what ran, how it came out, and which go on. The form is that of
// crates/dashboard/src/listed.rs.

import { useState } from 'preact/hooks';
import type { Outcome } from './document';
import { count, span } from './format';
import { MARKS } from './requirements';
import { Search, Table } from './table';
import { useTheme } from './theme';
import { read } from './view';

export interface RunList {
  version: number;
  location: string;
  runs: ListedRun[];
  left_out: number;
  damaged: string[];
}

interface ListedRun {
  id: number;
  name: string;
  started_unix_ms: number;
  duration_ms: number;
  state: string;
  outcome: string;
  words: string;
  commit: string;
  branch: string;
  target_version: string;
  plan: string;
  kind: string;
  saturated: boolean;
}

const OUTCOMES: Record<string, Outcome> = { passed: 'pass', failed: 'fail', inconclusive: 'inconclusive', unknown: 'no_data' };

/** What can be compared. */
const WHOLE = ['finished', 'imported'];

export function Runs({ list }: { list: RunList }) {
  useTheme(read(location.hash).theme);
  const [chosen, choose] = useState<number[]>([]);
  const [words, search] = useState('');
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = list.runs.filter((run) => {
    const text = [run.id, run.name, run.plan, run.branch, run.commit, run.target_version, run.outcome, run.state].join(' ').toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
  // The older one is what the newer one is held against.
  const [before, after] = [...chosen].sort((left, right) => left - right);
  const toggle = (id: number) => choose(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen.slice(-1), id]);
  return (
    <main>
      <header class="listing">
        <h1>Runs</h1>
        <p class="name">
          <bdi>{list.location}</bdi> · <a href="/trends">figures over time</a>
        </p>
      </header>
      {list.damaged.length > 0 && (
        <ul class="warnings">
          {list.damaged.map((what) => (
            <li>
              <bdi>{what}</bdi>
            </li>
          ))}
        </ul>
      )}
      <section aria-labelledby="runs">
        <div class="heading">
          <h2 id="runs">{shown.length === list.runs.length ? `${count(list.runs.length)} runs` : `${count(shown.length)} of ${count(list.runs.length)} runs`}</h2>
          <Search what="Name, branch, commit, outcome" text={words} onText={search} />
          {before !== undefined && after !== undefined ? (
            <a class="go" href={`/compare?base=${before}&head=${after}`}>
              Compare {before} with {after}
            </a>
          ) : (
            <p class="hint">Tick two runs to compare them.</p>
          )}
        </div>
        <Table of="runs" columns={['Run', ['Outcome', 'words'], 'Started', 'Duration', 'Version']} kind="runs">
          {shown.map((run) => (
            <Row run={run} isChosen={chosen.includes(run.id)} onToggle={() => toggle(run.id)} />
          ))}
        </Table>
        {list.runs.length === 0 && <p class="hint">No run is kept yet: `loadline run script.ts` keeps the first.</p>}
        {list.left_out > 0 && <p class="hint">{count(list.left_out)} older runs are not in this list; `loadline history` has them.</p>}
      </section>
    </main>
  );
}

interface RowProps {
  run: ListedRun;
  isChosen: boolean;
  onToggle: () => void;
}

function Row({ run, isChosen, onToggle }: RowProps) {
  const isLive = run.state === 'recorded';
  const isWhole = WHOLE.includes(run.state);
  const outcome = OUTCOMES[run.outcome] ?? 'no_data';
  const started = new Date(run.started_unix_ms);
  const version = [run.target_version, run.branch, run.commit.slice(0, 8)].filter(Boolean).join(' · ');
  return (
    <tr class={isLive ? 'live' : outcome}>
      <th scope="row">
        <div class="run">
          <input
            type="checkbox"
            checked={isChosen}
            disabled={!isWhole}
            onChange={onToggle}
            aria-label={`Compare run ${run.id}`}
            {...(isWhole ? {} : { title: isLive ? 'It goes on: what is not whole is not compared' : 'It is not whole, so it is not compared' })}
          />
          <span>
            <a href={`/run/${run.id}`}>
              {run.id} <bdi>{run.name || 'a run'}</bdi>
            </a>
            {run.plan && (
              <small>
                <bdi>{run.plan}</bdi>
              </small>
            )}
          </span>
        </div>
      </th>
      <td class="words outcome">
        {isLive ? (
          <>
            <span class="dot" aria-hidden="true" /> live
          </>
        ) : (
          <>
            <span aria-hidden="true">{MARKS[outcome][0]} </span>
            {run.outcome === 'unknown' ? (run.state === 'unfinished' ? 'given up' : 'not judged') : run.outcome}
            {run.saturated && ', generator saturated'}
            {run.words && run.outcome !== 'unknown' && (
              <small>
                <bdi>{run.words}</bdi>
              </small>
            )}
          </>
        )}
      </td>
      <td>
        <time dateTime={started.toISOString()}>{started.toLocaleString()}</time>
      </td>
      <td>{span(run.duration_ms)}</td>
      <td>
        <bdi>{version || '–'}</bdi>
      </td>
    </tr>
  );
}
