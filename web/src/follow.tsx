// The page of a run that goes on: how it stands, and below it what there is of it.

import { useEffect, useState } from 'preact/hooks';
import { App } from './app';
import { moment } from './format';
import { follow, type State, type Told } from './live';
import { Steering } from './steer';

export function Live({ events, isSteered }: { events: string; isSteered: boolean }) {
  const [{ state, run }, tell] = useState<Told>({ state: 'waiting', run: null });
  useEffect(() => follow(events, tell), [events]);
  useEffect(() => {
    if (run) document.title = `${state === 'live' ? '● ' : ''}${run.name || 'A run'} – Loadline`;
  }, [run?.name, state]);
  return (
    <>
      <Standing state={state} at={run ? moment(run.duration_ms / 1000) : ''} />
      {isSteered && state !== 'ended' && state !== 'gone' && <Steering second={`${state} ${run?.duration_ms ?? ''}`} />}
      {run ? <App run={run} isLive={state !== 'ended' && state !== 'gone'} /> : <main class="empty" />}
    </>
  );
}

function words(state: State, at: string): string {
  switch (state) {
    case 'waiting':
      return 'Nothing is measured yet: the run is being prepared.';
    case 'live':
      return `Live, ${at}`;
    case 'lost':
      return at ? `The run does not answer; asking again. This is how it was at ${at}.` : 'The run does not answer; asking again.';
    case 'ended':
      return 'The run has ended. This page stays as it is.';
    case 'gone':
      return at ? `The run ended without a verdict. This is how it was at ${at}.` : 'The run ended before anything was measured.';
  }
}

/** Said aloud when it changes, and not each second. */
function Standing({ state, at }: { state: State; at: string }) {
  return (
    <div class={`standing ${state}`}>
      <span class="dot" aria-hidden="true" />
      <span>{words(state, at)}</span>
      <span class="aloud" role="status">
        {words(state, state === 'live' ? '' : at).replace(/, $/, '')}
      </span>
    </div>
  );
}
