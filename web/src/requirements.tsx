// The verdict, and what it is made of: each requirement with its limit, what was observed, and why.

import type { Outcome, Requirement, RunDocument } from './document';
import { count, span } from './format';
import { Table } from './table';

export const MARKS: Record<Outcome, [mark: string, words: string]> = {
  pass: ['✓', 'met'],
  fail: ['✗', 'not met'],
  no_data: ['–', 'no data'],
  inconclusive: ['?', 'can’t be told'],
};

export function Verdict({ run }: { run: RunDocument }) {
  const { outcome, words } = run.verdict;
  const started = run.started_unix_ms > 0 ? new Date(run.started_unix_ms) : null;
  return (
    <header class={`verdict ${outcome}`}>
      <p class="name">
        <bdi>{run.name || 'a run'}</bdi>
      </p>
      <h1>
        <span class="mark" aria-hidden="true">
          {MARKS[outcome][0]}
        </span>
        {words}
      </h1>
      <dl class="facts">
        <div>
          <dt>Duration</dt>
          <dd>{span(run.duration_ms)}</dd>
        </div>
        {started && (
          <div>
            <dt>Started</dt>
            <dd>
              <time dateTime={started.toISOString()}>{started.toLocaleString()}</time>
            </dd>
          </div>
        )}
        {run.facts.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {run.warnings.length > 0 && (
        <ul class="warnings">
          {run.warnings.map((warning) => (
            <li>
              <bdi>{warning}</bdi>
            </li>
          ))}
        </ul>
      )}
    </header>
  );
}

export function Requirements({ run }: { run: RunDocument }) {
  if (run.requirements.length === 0) return null;
  // What is not met is what people came for.
  const rank = (one: Requirement) => (one.fails ? 0 : one.outcome === 'pass' ? 2 : 1);
  const sorted = [...run.requirements].sort((left, right) => rank(left) - rank(right));
  return (
    <section aria-labelledby="requirements">
      <h2 id="requirements">Requirements</h2>
      <Table of="requirements" columns={['Requirement', 'Limit', 'Observed', 'Samples', 'Outcome']} kind="requirements">
        {sorted.map((one) => (
          <tr class={one.fails ? 'fail' : one.outcome}>
            <th scope="row">
              <span class="outcome sign" aria-hidden="true">
                {MARKS[one.outcome][0]}
              </span>
              <bdi>{one.words}</bdi>
              {(one.outcome !== 'pass' || one.certainty !== '') && (
                <small>
                  {one.outcome !== 'pass' && <bdi>{one.evidence}</bdi>}
                  {one.outcome !== 'pass' && one.certainty && ' · '}
                  {one.certainty}
                </small>
              )}
            </th>
            <td>{one.limit}</td>
            <td>{one.observed ?? '–'}</td>
            <td>{count(one.samples)}</td>
            <td class="outcome">{MARKS[one.outcome][1]}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
