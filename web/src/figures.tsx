// The figures of two builds: how far each has moved, with the interval of that as a picture.

import { useState } from 'preact/hooks';
import type { ComparedDocument, ComparedFigure } from './document';
import { MARKS } from './requirements';
import { Rounds } from './rounds';
import { count } from './format';
import { More, Search, Table } from './table';

const SHOWN = 20;
/** How many times the change that does not matter a picture reaches to each side. */
const REACH = 4;

/** Where a change lies: 0 for none, 1 for one that is as large as what does not matter, above 0 for more. */
export function place(figure: ComparedFigure, change: number | null, document: ComparedDocument): number | null {
  if (change === null) return null;
  if (figure.by_difference) return change / Math.max(document.share_delta, 1e-6);
  return change > 0 ? Math.log(change) / Math.max(Math.log1p(document.delta), 1e-6) : null;
}

/** Whether it is certain that the head is better: all of the interval lies on that side. */
function isBetter(figure: ComparedFigure): boolean {
  const [low, high] = figure.interval;
  if (low === null || high === null) return false;
  const none = figure.by_difference ? 0 : 1;
  return figure.more_is_worse ? high < none : low > none;
}

const KINDS = ['all', 'worse', 'open', 'better'] as const;
type Kind = (typeof KINDS)[number];

const is: Record<Kind, (figure: ComparedFigure) => boolean> = {
  all: () => true,
  worse: (figure) => figure.outcome === 'fail',
  open: (figure) => figure.outcome === 'inconclusive' || figure.outcome === 'no_data',
  better: isBetter,
};

export function Figures({ document }: { document: ComparedDocument }) {
  const [kind, setKind] = useState<Kind>('all');
  const [text, setText] = useState('');
  const [most, setMost] = useState(SHOWN);
  const rank = (one: ComparedFigure) => (one.outcome === 'fail' ? 0 : one.outcome === 'pass' ? 2 : 1);
  const found = document.rows
    .filter((one) => is[kind](one) && `${one.subject} ${one.quantity}`.toLowerCase().includes(text.toLowerCase()))
    .sort((left, right) => rank(left) - rank(right));
  const shown = found.slice(0, most);
  return (
    <section aria-labelledby="figures">
      <div class="heading">
        <h2 id="figures">Figures</h2>
        <div class="choices" role="group" aria-label="Which figures">
          {KINDS.map((one) => {
            const number = document.rows.filter(is[one]).length;
            return (
              <button type="button" aria-pressed={one === kind} disabled={number === 0} onClick={() => setKind(one)}>
                {one} {count(number)}
              </button>
            );
          })}
        </div>
        {document.rows.length > SHOWN && <Search what="Find a figure" text={text} onText={setText} />}
      </div>
      <Table of="figures" columns={['Figure', 'Base', 'Head', 'Change', ['Interval', 'wide'], 'Outcome']} kind="figures">
        {shown.map((figure) => (
          <Figure key={`${figure.subject}\n${figure.quantity}`} figure={figure} document={document} />
        ))}
      </Table>
      <p class="hint">
        <More left={found.length - shown.length} onMore={() => setMost(most * 5)} />
        {found.length === 0 && 'No figure is like that. '}
        The shaded middle of an interval is what does not matter: {share(document.delta)}, and {share(document.share_delta)} of shares.
      </p>
    </section>
  );
}

function Figure({ figure, document }: { figure: ComparedFigure; document: ComparedDocument }) {
  const [isOpen, setOpen] = useState(false);
  const [base, head, change, interval] = figure.words;
  const tone = figure.outcome === 'fail' ? 'bad' : isBetter(figure) ? 'good' : '';
  const hasRounds = (figure.rounds[0]?.length ?? 0) > 1;
  return (
    <>
      <tr class={figure.outcome}>
        <th scope="row">
          <span class="outcome sign" aria-hidden="true">
            {MARKS[figure.outcome][0]}
          </span>
          <bdi>{figure.subject}</bdi> {figure.quantity}
          {hasRounds && (
            <button type="button" class="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              rounds
            </button>
          )}
        </th>
        <td>{base}</td>
        <td>{head}</td>
        <td class={tone}>{change}</td>
        <td class="wide">
          <Interval figure={figure} document={document} />
          <small>{interval}</small>
        </td>
        <td class="outcome">{figure.outcome === 'fail' ? 'worse' : figure.outcome === 'pass' ? (isBetter(figure) ? 'better' : 'not worse') : MARKS[figure.outcome][1]}</td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={6} class="words">
            <Rounds figure={figure} />
          </td>
        </tr>
      )}
    </>
  );
}

function Interval({ figure, document }: { figure: ComparedFigure; document: ComparedDocument }) {
  const at = place(figure, figure.change, document);
  const [low, high] = figure.interval.map((end) => place(figure, end, document));
  if (at === null || low === null || high === null || low === undefined || high === undefined) return null;
  const x = (value: number) => 80 + (Math.max(-REACH, Math.min(REACH, value)) / REACH) * 76;
  const tone = figure.outcome === 'fail' ? 'bad' : isBetter(figure) ? 'good' : 'plain';
  return (
    <svg class={`interval ${tone}`} viewBox="0 0 160 16" aria-hidden="true">
      <rect class="nothing" x={x(-1)} width={x(1) - x(-1)} y="0" height="16" />
      <path class="none" d="M80 0v16" />
      <path class="reach" d={`M${x(low)} 8H${x(high)}`} />
      {low >= -REACH && <path class="reach" d={`M${x(low)} 4v8`} />}
      {high <= REACH && <path class="reach" d={`M${x(high)} 4v8`} />}
      {low < -REACH && <path class="reach" d="M8 4l-4 4l4 4" />}
      {high > REACH && <path class="reach" d="M152 4l4 4l-4 4" />}
      <circle cx={x(at)} cy="8" r="3.5" />
    </svg>
  );
}

function share(value: number): string {
  return `${Number((value * 100).toFixed(2))}%`;
}
