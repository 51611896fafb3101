// What failed: which requests with which status and message, since when; which checks.

import type { RunDocument } from './document';
import { count, moment, share } from './format';

export function Failures({ run }: { run: RunDocument }) {
  if (run.failures.length === 0) return null;
  return (
    <section aria-labelledby="failures">
      <h2 id="failures">Failed requests</h2>
      <div class="scroll" tabIndex={0} role="region" aria-labelledby="failures">
        <table>
          <thead>
            <tr>
              <th scope="col">Request</th>
              <th scope="col">Status</th>
              <th scope="col">What happened</th>
              <th scope="col">How often</th>
              <th scope="col">First</th>
              <th scope="col">Last</th>
            </tr>
          </thead>
          <tbody>
            {run.failures.map((failure) => {
              const tags = new Map(failure.tags);
              const place = [tags.get('scenario'), tags.get('group')].filter(Boolean).join(' ');
              return (
                <tr>
                  <th scope="row">
                    <bdi>
                      {tags.get('method')} {tags.get('name')}
                    </bdi>
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
          </tbody>
        </table>
      </div>
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
      <div class="scroll" tabIndex={0} role="region" aria-labelledby="checks">
        <table>
          <thead>
            <tr>
              <th scope="col">Check</th>
              <th scope="col">Held</th>
              <th scope="col">Did not</th>
              <th scope="col">Share</th>
              <th scope="col">First failure</th>
            </tr>
          </thead>
          <tbody>
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
          </tbody>
        </table>
      </div>
    </section>
  );
}
