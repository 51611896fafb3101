// Two builds side by side: what came out first, then each figure, then how both went.

import { useMemo, useState } from 'preact/hooks';
import { App } from './app';
import { mainMetric } from './breakdown';
import { Chart } from './chart';
import type { ComparedDocument, RunDocument } from './document';
import { Events, happened } from './events';
import { Figures } from './figures';
import { span } from './format';
import { pairPlans } from './pairs';
import { MARKS } from './requirements';
import { Shift } from './shift';
import { useTheme } from './theme';
import { useView } from './view';

/** Charts that are drawn before anybody asks for more. */
const FIRST_CHARTS = 12;

export function Compare({ document }: { document: ComparedDocument }) {
  const [view, change] = useView();
  const [base, head] = document.runs;
  const alone = view.show === 'base' ? base : view.show === 'head' ? head : undefined;
  if (alone) {
    return (
      <>
        <nav class="back">
          <button type="button" onClick={() => change({ show: '', by: '', rows: [] })}>
            ← Both side by side
          </button>
        </nav>
        <App run={alone} />
      </>
    );
  }
  return <Both document={document} view={view} change={change} />;
}

function Both({ document, view, change }: { document: ComparedDocument; view: ReturnType<typeof useView>[0]; change: ReturnType<typeof useView>[1] }) {
  const [theme, colours] = useTheme(view.theme);
  const { outcome, words } = document.verdict;
  const [base, head] = document.runs;
  const sides = [base, head];
  return (
    <main>
      <header class={`verdict ${outcome}`}>
        <p class="name">
          <bdi>{document.sides[0]}</bdi> <span aria-label="against">→</span> <bdi>{document.sides[1]}</bdi>
        </p>
        <h1>
          <span class="mark" aria-hidden="true">
            {MARKS[outcome][0]}
          </span>
          {words}
        </h1>
        {document.notes.length > 0 && (
          <ul class="notes">
            {document.notes.map((note) => (
              <li>
                <bdi>{note}</bdi>
              </li>
            ))}
          </ul>
        )}
        <Sides document={document} onShow={(show) => change({ show })} />
      </header>
      <Figures document={document} />
      <Sources document={document} />
      <Shift document={document} />
      {sides[0] && sides[1] && <Courses base={sides[0]} head={sides[1]} view={view} change={change} colours={colours} />}
      <footer>
        <p>
          {document.rounds > 1 ? `${document.rounds} rounds. ` : 'One run against one run. '}
          Made by Loadline; nothing on this page was fetched from anywhere.
        </p>
        <button type="button" onClick={() => change({ theme: theme === 'dark' ? 'light' : 'dark' })}>
          {theme === 'dark' ? 'Light' : 'Dark'} colours
        </button>
      </footer>
    </main>
  );
}

/** Which part of which endpoint's requests got longer. */
function Sources({ document }: { document: ComparedDocument }) {
  const sources = document.sources ?? [];
  if (sources.length === 0) return null;
  return (
    <section aria-labelledby="sources">
      <h2 id="sources">Where the difference comes from</h2>
      <dl class="chart sources">
        {sources.map(([name, words]) => (
          <div>
            <dt>
              <bdi>{name}</bdi>
            </dt>
            <dd>
              <bdi>{words}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What both were: what differs first. */
function Sides({ document, onShow }: { document: ComparedDocument; onShow: (show: string) => void }) {
  const [base, head] = document.runs;
  if (!base || !head) return null;
  const facts = (run: RunDocument) =>
    new Map([
      ['Verdict', `${MARKS[run.verdict.outcome][0]} ${run.verdict.words}`],
      ['Started', run.started_unix_ms > 0 ? new Date(run.started_unix_ms).toLocaleString() : ''],
      ['Duration', span(run.duration_ms)],
      ...run.facts,
    ]);
  const [left, right] = [facts(base), facts(head)];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const differ = names.filter((name) => left.get(name) !== right.get(name));
  const same = names.filter((name) => !differ.includes(name));
  return (
    <>
      <div class="scroll sides" tabIndex={0} role="region" aria-label="What both were">
        <table>
          <thead>
            <tr>
              <td />
              {(['base', 'head'] as const).map((side) => (
                <th scope="col">
                  <button type="button" onClick={() => onShow(side)}>
                    <span class={`key ${side}`}>●</span> {side}: all of it
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {differ.map((name) => (
              <tr>
                <th scope="row">{name}</th>
                <td>
                  <bdi>{left.get(name) ?? '–'}</bdi>
                </td>
                <td>
                  <bdi>{right.get(name) ?? '–'}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {same.length > 0 && (
        <p class="hint">
          Alike: <bdi>{same.map((name) => `${name} ${left.get(name)}`).join(' · ')}</bdi>
        </p>
      )}
    </>
  );
}

/** What happened to both, each with its side where only one had it. */
function ofBoth(base: RunDocument, head: RunDocument): NonNullable<RunDocument['events']> {
  const key = (event: { at_s: number; words: string }) => `${Math.round(event.at_s)} ${event.words}`;
  const of = happened;
  const alone = (run: RunDocument, other: RunDocument, side: string) => {
    const known = new Set(of(other).map(key));
    return of(run).map((event) => (known.has(key(event)) ? event : { ...event, words: `${side}: ${event.words}` }));
  };
  const shared = new Set(of(head).map(key));
  const both = [...alone(base, head, 'base').filter((event) => !shared.has(key(event))), ...alone(head, base, 'head')];
  return both.sort((left, right) => left.at_s - right.at_s);
}

/** A choice of what is drawn: names may have any character. */
const chosen = (by: string, row: string): string => JSON.stringify([by, row]);

interface CoursesProps {
  base: RunDocument;
  head: RunDocument;
  view: ReturnType<typeof useView>[0];
  change: ReturnType<typeof useView>[1];
  colours: ReturnType<typeof useTheme>[1];
}

function Courses({ base, head, view, change, colours }: CoursesProps) {
  const [most, setMost] = useState(FIRST_CHARTS);
  const cuts = mainMetric(head)?.cuts.filter((cut) => cut.rows.some((row) => Object.keys(row.course).length > 0)) ?? [];
  const cut = cuts.find((one) => one.by === view.by) ?? cuts[0];
  const value = view.rows[0] ?? '';
  const all = useMemo(() => pairPlans(base, head, cut?.by ?? '', value, colours), [base, head, cut, value, colours]);
  const longer = { ...head, steps: Math.max(base.steps, head.steps), events: ofBoth(base, head), duration_ms: Math.max(base.duration_ms, head.duration_ms) };
  return (
    <section aria-labelledby="course">
      <div class="heading">
        <h2 id="course">Course</h2>
        {cut && (
          <label class="pick">
            of
            <select
              value={value ? chosen(cut.by, value) : ''}
              onChange={(event) => {
                const [by, row] = JSON.parse(event.currentTarget.value || '[]') as [by?: string, row?: string];
                change({ by: by ?? '', rows: row ? [row] : [] });
              }}
            >
              <option value="">everything</option>
              {cuts.map((one) => (
                <optgroup label={one.by}>
                  {one.rows
                    .filter((row) => Object.keys(row.course).length > 0)
                    .map((row) => (
                      <option value={chosen(one.by, row.value)}>{row.value || '(none)'}</option>
                    ))}
                </optgroup>
              ))}
            </select>
          </label>
        )}
        <p class="hint">
          {view.zoom ? (
            <button type="button" onClick={() => change({ zoom: null })}>
              Show all
            </button>
          ) : (
            'Drag over a chart to look closer.'
          )}
        </p>
      </div>
      <Events run={longer} onZoom={(zoom) => change({ zoom })} />
      <div class="charts">
        {all.slice(0, most).map((plan) => (
          <Chart key={plan.id} run={longer} plan={plan} colours={colours} zoom={view.zoom} onZoom={(zoom) => change({ zoom })} />
        ))}
      </div>
      {all.length > most && (
        <p class="hint">
          <button type="button" onClick={() => setMost(most + FIRST_CHARTS)}>
            Show more charts ({all.length - most} left)
          </button>
        </p>
      )}
    </section>
  );
}
