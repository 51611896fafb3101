// What failed: which requests with which status and message, since when; which checks.

import { useState } from 'preact/hooks';
import type { Failure, RunDocument } from './document';
import { count, moment, share } from './format';
import { More, Search, Table } from './table';

/** Kinds of failures that are listed before anybody asks for more. */
const SHOWN = 20;

/** What a failure is called by: its status where it was answered, otherwise why it was not. */
function called(failure: Failure): string {
  const tags = new Map(failure.tags);
  const status = tags.get('status');
  return status && status !== '0' ? status : (tags.get('error') ?? 'no answer');
}

export function Failures({ run }: { run: RunDocument }) {
  const [kind, setKind] = useState('');
  const [text, setText] = useState('');
  const [most, setMost] = useState(SHOWN);
  if (run.failures.length === 0) return null;
  const kinds = new Map<string, number>();
  for (const failure of run.failures) kinds.set(called(failure), (kinds.get(called(failure)) ?? 0) + failure.count);
  const found = run.failures.filter(
    (failure) =>
      (!kind || called(failure) === kind) && failure.tags.some(([, value]) => value.toLowerCase().includes(text.toLowerCase())),
  );
  const failures = found.slice(0, most);
  return (
    <section aria-labelledby="failures">
      <div class="heading">
        <h2 id="failures">Failed requests</h2>
        {kinds.size > 1 && (
          <div class="choices" role="group" aria-label="How they failed">
            {[...kinds]
              .sort(([, left], [, right]) => right - left)
              .slice(0, 8)
              .map(([one, number]) => (
                <button type="button" aria-pressed={one === kind} onClick={() => setKind(one === kind ? '' : one)}>
                  <bdi>{one.length > 40 ? `${one.slice(0, 40)}…` : one}</bdi> {count(number)}
                </button>
              ))}
          </div>
        )}
        {run.failures.length > SHOWN && <Search what="Find a failure" text={text} onText={setText} />}
      </div>
      <Table of="failures" columns={['Request', 'Status', ['What happened', 'words'], 'How often', 'First', 'Last']}>
        {failures.map((failure) => {
          const tags = new Map(failure.tags);
          const place = [tags.get('scenario'), tags.get('group')].filter(Boolean).join(' ');
          return (
            <tr>
              <th scope="row">
                <bdi>
                  {tags.get('method')} {tags.get('endpoint') ?? tags.get('name')}
                </bdi>
                {failure.example && (
                  <small>
                    for example <bdi>{failure.example}</bdi>
                  </small>
                )}
                {place && (
                  <small>
                    <bdi>{place}</bdi>
                  </small>
                )}
              </th>
              <td>{tags.get('status') ?? '–'}</td>
              <td class="words">
                <bdi>{tags.get('error') ?? (tags.get('error_code') ? `error ${tags.get('error_code')}` : '–')}</bdi>
              </td>
              <td>{count(failure.count)}</td>
              <td>{moment(failure.first_s)}</td>
              <td>{moment(failure.last_s)}</td>
            </tr>
          );
        })}
      </Table>
      {found.length > most && (
        <p class="hint">
          <More left={found.length - most} onMore={() => setMost(most * 5)} />
        </p>
      )}
      {run.failures_left_out > 0 && (
        <p class="hint">{count(run.failures_left_out)} kinds of failures more are not in this page.</p>
      )}
    </section>
  );
}

export function Checks({ run }: { run: RunDocument }) {
  if (run.checks.length === 0) return null;
  return (
    <section aria-labelledby="checks">
      <h2 id="checks">Checks</h2>
      <Table of="checks" columns={['Check', 'Held', 'Did not', 'Share', 'First failure']}>
        {run.checks.map((check) => (
          <tr class={check.fails > 0 ? 'fail' : 'pass'}>
            <th scope="row">
              <bdi>{check.name}</bdi>
              {check.group && (
                <small>
                  <bdi>{check.group.replace(/^::/, '').replaceAll('::', ' › ')}</bdi>
                </small>
              )}
            </th>
            <td>{count(check.passes)}</td>
            <td class="outcome">{count(check.fails)}</td>
            <td>{share(check.passes / Math.max(1, check.passes + check.fails))}</td>
            <td>{check.first_fail_s === null ? '–' : moment(check.first_fail_s)}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
