// What happened to a run, in words: each is a mark on the charts.

import type { RunDocument } from './document';
import { count, moment } from './format';

const SHOWN = 6;

interface Props {
  run: RunDocument;
  onZoom: (zoom: [number, number] | null) => void;
}

/** What a run came to so far: while it goes on, its plan has more. */
export function happened(run: RunDocument): NonNullable<RunDocument['events']> {
  return (run.events ?? []).filter((event) => event.at_s <= run.duration_ms / 1000 + 0.001);
}

export function Events({ run, onZoom }: Props) {
  const events = happened(run);
  const left = run.events_left_out ?? 0;
  if (events.length === 0) return null;
  // Stages are of the plan, and stand on the charts: what nobody planned is said first.
  const ranked = [...events].sort((left, right) => Number(left.kind === 'stage') - Number(right.kind === 'stage'));
  const chosen = new Set(ranked.slice(0, SHOWN));
  const first = events.filter((event) => chosen.has(event));
  const whole = run.steps * run.step_s;
  const list = (some: typeof events) => (
    <ol class="events">
      {some.map((event) => (
        <li class={event.kind}>
          <button
            type="button"
            class="row"
            title="Look closer at what came before and after it"
            onClick={() => onZoom([Math.max(0, event.at_s - whole / 12), Math.min(whole, event.at_s + whole / 12)])}
          >
            {moment(event.at_s)}
          </button>{' '}
          <bdi>{event.words}</bdi>
        </li>
      ))}
    </ol>
  );
  return (
    <>
      {list(first)}
      {(events.length > SHOWN || left > 0) && (
        <details class="numbers">
          <summary>
            {count(events.length - Math.min(SHOWN, events.length))} more of what happened
            {left > 0 && `, and ${count(left)} that are not in this run`}
          </summary>
          {list(events.filter((event) => !first.includes(event)))}
        </details>
      )}
    </>
  );
}
