// Where the time went: for each endpoint its typical requests, its slow ones and all, as bars that add up, with the
// sentence that a terminal says.

import { useState } from 'preact/hooks';
import type { LedgerAccount, LedgerReading, RunDocument } from './document';
import { count, milliseconds, share } from './format';
import { More, Table } from './table';
import type { Palette } from './theme';

/** Endpoints that are shown before anybody asks for more. */
const SHOWN = 6;
/** Parts that have a colour of their own; the others share one. */
const COLOURED = 7;

/** What is less than this part of the longest bar is named among the numbers alone. */
const LEAST_NAMED = 0.02;

/** The accounts of an endpoint, with their titles. */
function accounts(reading: LedgerReading): [title: string, account: LedgerAccount][] {
  const all: [string, LedgerAccount | null][] = [
    ['typical', reading.typical],
    ['slow 5%', reading.slow],
    ['all', reading.whole],
  ];
  return all.filter((one): one is [string, LedgerAccount] => one[1] !== null);
}

/** What an endpoint's time goes to, in the order of a request's course. */
function parts(reading: LedgerReading): string[] {
  const named = accounts(reading).flatMap(([, account]) => account.items.map((item) => item.what));
  const order = (reading.slow ?? reading.whole).items.map((item) => item.what);
  return [...new Set([...order, ...named])];
}

/** Words as a sentence. */
const sentence = (words: string) => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;

function took(items: LedgerAccount['items'], what: string): number {
  return items.filter((item) => item.what === what).reduce((sum, item) => sum + item.ms, 0);
}

/** What an account's bar comes to: more than its response time where parts went on at the same time. */
function length(account: LedgerAccount): number {
  return Math.max(
    account.total_ms,
    account.items.reduce((sum, item) => sum + Math.max(0, item.ms), 0),
  );
}

function Bars({ reading, colour }: { reading: LedgerReading; colour: (what: string) => string }) {
  const longest = Math.max(...accounts(reading).map(([, account]) => length(account)), 1e-9);
  return (
    <div class="bars">
      {accounts(reading).map(([title, account]) => (
        <div class="bar">
          <span class="title">{title}</span>
          <span class="track" aria-hidden="true">
            {parts(reading)
              .filter((what) => took(account.items, what) > 0)
              .map((what) => (
                <span
                  class="piece"
                  title={`${what}: ${milliseconds(took(account.items, what))}`}
                  style={{ width: `${(took(account.items, what) / longest) * 100}%`, background: colour(what) }}
                />
              ))}
          </span>
          <span class="total">{milliseconds(account.total_ms)}</span>
        </div>
      ))}
    </div>
  );
}

function Endpoint({ reading, colours }: { reading: LedgerReading; colours: Palette }) {
  const all = parts(reading);
  const largest = (what: string) => Math.max(...accounts(reading).map(([, account]) => took(account.items, what)));
  const coloured = [...all].sort((left, right) => largest(right) - largest(left)).slice(0, COLOURED);
  const inOrder = all.filter((what) => coloured.includes(what));
  const colour = (what: string) => {
    const at = inOrder.indexOf(what);
    return (at < 0 ? colours.lines.at(-1) : colours.lines[at]) ?? colours.text;
  };
  const before = [...new Set(accounts(reading).flatMap(([, account]) => account.before.map((item) => item.what)))];
  const columns = accounts(reading);
  const row = (name: string, what: string, of: 'items' | 'before') => (
    <tr>
      <th scope="row">
        {of === 'items' && inOrder.includes(what) && (
          <span class="swatch" style={{ background: colour(what) }} aria-hidden="true" />
        )}
        <bdi>{name}</bdi>
      </th>
      {columns.map(([, account]) => (
        <td>{took(account[of], what) === 0 ? '–' : milliseconds(took(account[of], what))}</td>
      ))}
    </tr>
  );
  return (
    <article class="chart ledger">
      <h3>
        <bdi>{reading.name}</bdi> <small>{count(reading.requests)} requests</small>
      </h3>
      {reading.words && (
        <p class="said">
          <bdi>{reading.words}</bdi>
        </p>
      )}
      <Bars reading={reading} colour={colour} />
      <ul class="legend">
        {inOrder
          .filter((what) => largest(what) >= LEAST_NAMED * Math.max(...columns.map(([, account]) => account.total_ms)))
          .map((what) => (
            <li>
              <span class="swatch" style={{ background: colour(what) }} aria-hidden="true" />
              <bdi>{what}</bdi>
            </li>
          ))}
      </ul>
      <details class="numbers">
        <summary>Numbers</summary>
        <Table of={{ name: `Where the time of ${reading.name} went` }} columns={['A request on average', ...columns.map(([title]) => title)]}>
          {all.map((what) => row(what, what, 'items'))}
          <tr>
            <th scope="row">
              <strong>response time</strong>
            </th>
            {columns.map(([, account]) => (
              <td>
                <strong>{milliseconds(account.total_ms)}</strong>
              </td>
            ))}
          </tr>
          {before.map((what) => row(`before it: ${what}`, what, 'before'))}
        </Table>
      </details>
      {reading.notes.map((note) => (
        <p class="hint">{sentence(note)}</p>
      ))}
    </article>
  );
}

export function Ledger({ run, colours }: { run: RunDocument; colours: Palette }) {
  const [most, setMost] = useState(SHOWN);
  const all = run.ledger ?? [];
  if (all.length === 0) return null;
  // With endpoints, what all of them have in common says little.
  const named = all.length > 1 ? all.slice(1) : all;
  const told = named.reduce((sum, one) => sum + one.whole.told * one.requests, 0) / named.reduce((sum, one) => sum + one.requests, 0);
  return (
    <section aria-labelledby="ledger">
      <div class="heading">
        <h2 id="ledger">Where the time went</h2>
        <p class="hint">
          {told > 0
            ? `Servers told of ${share(told)} of the requests.`
            : 'Servers that answer with Server-Timing tell what they waited for, too.'}
        </p>
      </div>
      {run.limit && (
        <p class="said">
          <bdi>{sentence(run.limit)}</bdi>
        </p>
      )}
      <div class="charts">
        {named.slice(0, most).map((reading) => (
          <Endpoint key={reading.name} reading={reading} colours={colours} />
        ))}
      </div>
      <p class="hint">
        <More left={named.length - most} onMore={() => setMost(most * 4)} />
      </p>
    </section>
  );
}
