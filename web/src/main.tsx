// Reads the document that stands in the page, and draws it: a run, two side by side, or a history; or follows a run
// that goes on.

import { render, type ComponentChild } from 'preact';
import 'uplot/dist/uPlot.min.css';
import { App } from './app';
import { Compare } from './compare';
import { VERSION, type ComparedDocument, type RunDocument, type TrendsDocument } from './document';
import { Live } from './follow';
import { Runs, type RunList } from './runs';
import './style.css';
import { useTheme } from './theme';
import { Trends } from './trends';

/** The way back, where a server shows this page as one of a history. */
function Back() {
  const isOne = document.querySelector('script[src]') !== null && /^\/(run|compare|trends)\b/.test(location.pathname);
  return isOne ? (
    <nav class="back" aria-label="The history">
      <a href="/">← All runs</a>
    </nav>
  ) : null;
}

const place = document.getElementById('page');
const data = document.getElementById('run');

/** What a server says where it has no page. */
function Nothing({ why }: { why: string }) {
  useTheme('');
  return (
    <>
      <nav class="back" aria-label="The first page">
        <a href="/">← Back to the start</a>
      </nav>
      <main>
        <h1>There is nothing here</h1>
        {why.split('\n').map((line) => (
          <p>
            <bdi>{line}</bdi>
          </p>
        ))}
      </main>
    </>
  );
}

function drawn(kind: string, said: unknown): ComponentChild {
  if (kind === 'compare') return <Compare document={said as ComparedDocument} />;
  if (kind === 'history') return <Trends document={said as TrendsDocument} />;
  if (kind === 'nothing') return <Nothing why={(said as unknown as { why: string }).why} />;
  if (kind === 'runs') return <Runs list={said as RunList} />;
  return <App run={said as RunDocument} />;
}

const events = place?.dataset['events'];
if (place && events) {
  place.replaceChildren();
  render(
    <>
      <Back />
      <Live events={events} isSteered={place.dataset['steered'] !== undefined} />
    </>,
    place,
  );
} else if (place && data?.textContent) {
  const said = JSON.parse(data.textContent) as { version: number };
  place.replaceChildren();
  if (said.version === VERSION) {
    render(
      <>
        {data.dataset['kind'] !== 'nothing' && <Back />}
        {drawn(data.dataset['kind'] ?? 'run', said)}
      </>,
      place,
    );
  } else {
    place.textContent = `This page reads version ${VERSION} of its document, and this one is of version ${said.version}.`;
  }
}
