// Steering a run that goes on, where its server was asked to let people do that: its answers are those of the control
// API (crates/control), and what others change is seen with the next second.

import { useEffect, useRef, useState } from 'preact/hooks';
import { count } from './format';

interface Scenario {
  id: string;
  attributes: {
    executor: string;
    state: 'waiting' | 'running' | 'stopping' | 'done';
    'vus-active': number;
    vus: number | null;
    'vus-max': number | null;
    rate: number | null;
    'time-unit': string | null;
    settable: string[];
  };
}

interface Meta {
  revision: number;
  standing: 'preparing' | 'held' | 'running' | 'over';
  paused: boolean;
  stopping: boolean;
}

interface Answer {
  data?: Scenario[] | Scenario;
  meta?: Meta;
  errors?: { detail: string }[];
}

/** Asks, and says what is wrong as the server does. */
async function ask(method: string, path: string, attributes?: Record<string, unknown>): Promise<Answer> {
  const body = attributes && JSON.stringify({ data: { attributes } });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(path, body ? { method, body, headers } : { method });
  const said = (await answer.json()) as Answer;
  if (!answer.ok) throw new Error(said.errors?.[0]?.detail ?? `The server answers ${answer.status}.`);
  return said;
}

/** What can be done to the run; asked anew whenever `second` is another one. */
export function Steering({ second }: { second: string }) {
  const [scenarios, setScenarios] = useState<Scenario[]>([]);
  const [meta, setMeta] = useState<Meta | null>(null);
  const [wrong, setWrong] = useState('');
  const [asks, setAsks] = useState(false);
  const known = useRef(0);
  const look = async () => {
    const answer = await ask('GET', '/v1/scenarios');
    // An answer that was overtaken says what is no more.
    if (!answer.meta || answer.meta.revision < known.current) return;
    known.current = answer.meta.revision;
    setMeta(answer.meta);
    setScenarios(Array.isArray(answer.data) ? answer.data : []);
  };
  const change = (method: string, path: string, attributes: Record<string, unknown>) => {
    setWrong('');
    ask(method, path, attributes)
      .then(look)
      .catch((error: Error) => setWrong(error.message));
  };
  useEffect(() => {
    // A server that is away is said above.
    look().catch(() => {});
  }, [second]);
  if (!meta || meta.standing === 'over') return null;
  const waits = meta.standing === 'held';
  return (
    <section class="steering" aria-labelledby="steering">
      <h2 id="steering">Steering</h2>
      <div class="choices">
        <button type="button" disabled={meta.stopping} onClick={() => change('PATCH', '/v1/status', { paused: !meta.paused })}>
          {waits ? 'Start' : meta.paused ? 'Resume' : 'Pause'}
        </button>
        {asks ? (
          <span class="really" role="group" aria-label="Stop the run?">
            Stop the run? It will be no pass.{' '}
            <button
              type="button"
              class="stop"
              onClick={() => {
                setAsks(false);
                change('PATCH', '/v1/status', { stopped: true });
              }}
            >
              Stop it
            </button>{' '}
            <button type="button" autofocus onClick={() => setAsks(false)}>
              Go on
            </button>
          </span>
        ) : (
          <button type="button" disabled={meta.stopping} onClick={() => setAsks(true)}>
            {meta.stopping ? 'Stopping' : 'Stop …'}
          </button>
        )}
        <Mark change={change} />
      </div>
      {meta.paused && !waits && <p class="hint">Paused: nothing more starts, and the plan waits.</p>}
      {wrong && (
        <p class="wrong" role="alert">
          <bdi>{wrong}</bdi>
        </p>
      )}
      <ul class="levers">
        {scenarios
          .filter((one) => one.attributes.settable.length > 0 && (one.attributes.state === 'waiting' || one.attributes.state === 'running'))
          .map((one) => (
            <Lever key={one.id} scenario={one} change={change} />
          ))}
      </ul>
    </section>
  );
}

type Change = (method: string, path: string, attributes: Record<string, unknown>) => void;

/** What happened, said by somebody. */
function Mark({ change }: { change: Change }) {
  const [words, setWords] = useState('');
  return (
    <form
      class="mark"
      onSubmit={(event) => {
        event.preventDefault();
        if (words.trim()) change('POST', '/v1/events', { words });
        setWords('');
      }}
    >
      <input type="text" aria-label="What happened" placeholder="deploy 1.4.2" maxLength={200} value={words} onInput={(event) => setWords(event.currentTarget.value)} />
      <button type="submit">Mark</button>
    </form>
  );
}

/** A scenario's number that can be set: its rate, or its users. */
function Lever({ scenario, change }: { scenario: Scenario; change: Change }) {
  const { id, attributes } = scenario;
  const name = attributes.settable.includes('rate') ? 'rate' : 'vus';
  const now = attributes[name];
  // What somebody types stays until it is set, whatever others do meanwhile.
  const [typed, setTyped] = useState<string | null>(null);
  const unit = name === 'rate' ? `per ${attributes['time-unit'] ?? '1s'}` : 'VUs';
  const most = name === 'vus' && attributes['vus-max'] !== null ? `, at most ${count(attributes['vus-max'])}` : '';
  return (
    <li>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === null || typed === '') return;
          change('PATCH', `/v1/scenarios/${encodeURIComponent(id)}`, { [name]: Number(typed) });
          setTyped(null);
        }}
      >
        <label>
          <bdi>{id}</bdi>{' '}
          <input
            type="number"
            min="0"
            step="1"
            inputMode="numeric"
            placeholder={now === null ? 'as planned' : undefined}
            value={typed ?? (now === null ? '' : String(now))}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />{' '}
          {unit}
        </label>{' '}
        <button type="submit" disabled={typed === null || typed === ''}>
          Set
        </button>{' '}
        <span class="hint">
          {count(attributes['vus-active'])} VUs at work{most}
        </span>
      </form>
    </li>
  );
}
