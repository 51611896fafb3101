// What a history knows: what has changed first, then each figure over the runs, then the runs.

import { useState } from 'preact/hooks';
import type { TrendFigure, TrendsDocument } from './document';
import { count } from './format';
import { KeptRuns } from './kept';
import { MARKS } from './requirements';
import { More, Search, Table } from './table';
import { useTheme } from './theme';
import { Spark, TrendChart } from './trend';
import { useView } from './view';

const SHOWN = 25;

/** A change that nobody has accepted since. */
function open(figure: TrendFigure) {
  const last = figure.changes.at(-1);
  return last?.worse && !figure.accepted.some(([at]) => at >= last.from) ? last : undefined;
}

export function Trends({ document }: { document: TrendsDocument }) {
  const [view, change] = useView();
  const [theme] = useTheme(view.theme);
  const [text, setText] = useState('');
  const [most, setMost] = useState(SHOWN);
  const name = (figure: TrendFigure) => `${figure.subject} ${figure.quantity}`;
  const worse = document.figures.filter((figure) => open(figure)?.certain).length;
  const suspected = document.figures.filter((figure) => open(figure)?.certain === false).length;
  const isKnown = document.figures.some((figure) => figure.levels.some((level) => level !== null));
  const outcome = worse > 0 ? 'fail' : suspected > 0 ? 'inconclusive' : isKnown ? 'pass' : 'no_data';
  const figures = (number: number) => `${count(number)} figure${number === 1 ? '' : 's'}`;
  const words =
    worse > 0
      ? `${figures(worse)} of ${count(document.figures.length)} ${worse === 1 ? 'has' : 'have'} got worse`
      : suspected > 0
        ? `${figures(suspected)} may have got worse`
        : document.figures.length > 0
          ? isKnown
            ? 'Nothing has got worse'
            : 'Too few runs to tell what has changed'
          : 'There is no figure in these runs';
  const found = document.figures.filter((figure) => name(figure).toLowerCase().includes(text.toLowerCase()));
  const chosen = document.figures.find((figure) => name(figure) === view.figure) ?? (document.figures[0]?.changes.length ? undefined : document.figures.find((figure) => figure.quantity === 'p95')) ?? document.figures[0];
  return (
    <main>
      <header class={`verdict ${outcome}`}>
        <p class="name">
          <bdi>{document.name || 'a history'}</bdi>
        </p>
        <h1>
          <span class="mark" aria-hidden="true">
            {MARKS[outcome][0]}
          </span>
          {words}
        </h1>
        <ul class="notes">
          <li>
            {figures(document.figures.length)} over {count(document.runs.length)} run{document.runs.length === 1 ? '' : 's'}
          </li>
          {document.notes.map((note) => (
            <li>
              <bdi>{note}</bdi>
            </li>
          ))}
        </ul>
      </header>
      {chosen && (
        <section aria-labelledby="trend">
          <h2 id="trend">
            <bdi>{chosen.subject}</bdi> {chosen.quantity}
          </h2>
          <TrendChart key={name(chosen)} figure={chosen} document={document} zoom={view.zoom} onZoom={(zoom) => change({ zoom })} />
        </section>
      )}
      {document.figures.length > 0 && (
        <section aria-labelledby="figures">
          <div class="heading">
            <h2 id="figures">Figures</h2>
            {document.figures.length > SHOWN && <Search what="Find a figure" text={text} onText={setText} />}
          </div>
          <Table of="figures" columns={['Figure', 'Last', ['Course', 'wide'], ['Newest change', 'words']]} kind="trends">
            {found.slice(0, most).map((figure) => {
              const last = figure.changes.at(-1);
              const tone = last ? (last.worse ? (open(figure) ? 'bad' : '') : 'good') : '';
              return (
                <tr key={name(figure)} class={figure === chosen ? 'chosen' : ''}>
                  <th scope="row">
                    <button type="button" class="row" aria-pressed={figure === chosen} onClick={() => change({ figure: name(figure) })}>
                      <bdi>{figure.subject}</bdi> {figure.quantity}
                    </button>
                  </th>
                  <td>{figure.last}</td>
                  <td class="wide">
                    <Spark figure={figure} />
                  </td>
                  <td class={`words ${tone}`}>
                    <bdi>{last ? last.words : 'none'}</bdi>
                  </td>
                </tr>
              );
            })}
          </Table>
          {found.length > most && (
            <p class="hint">
              <More left={found.length - most} onMore={() => setMost(most * 4)} />
            </p>
          )}
        </section>
      )}
      <KeptRuns document={document} />
      <footer>
        <p>Made by Loadline; nothing on this page was fetched from anywhere.</p>
        <button type="button" onClick={() => change({ theme: theme === 'dark' ? 'light' : 'dark' })}>
          {theme === 'dark' ? 'Light' : 'Dark'} colours
        </button>
      </footer>
    </main>
  );
}
