// A figure over the runs of a history: each run, the level it was at with the noise around it, what changed it, and
// what somebody accepted.

import { useState } from 'preact/hooks';
import { useWidth } from './chart';
import type { TrendFigure, TrendsDocument } from './document';
import { figure as written } from './format';
import { moment } from './kept';
import { Numbers } from './numbers';
import { ticks } from './ticks';

const HEIGHT = 300;
const [LEFT, RIGHT, TOP, BOTTOM] = [66, 14, 10, 42];

interface Props {
  figure: TrendFigure;
  document: TrendsDocument;
  /** First and last of the values that are shown. */
  zoom: [number, number] | null;
  onZoom: (zoom: [number, number] | null) => void;
}

/** From where to where an axis goes: all runs but outliers, and their levels; from zero where that is near. */
function range(figure: TrendFigure, from: number, to: number): [number, number] {
  const known: number[] = [];
  for (let at = from; at <= to; at += 1) {
    const value = figure.values[at];
    if (value !== null && value !== undefined && !figure.outliers.includes(at)) known.push(value);
    const level = figure.levels[at];
    if (level) known.push(level[0], level[2]);
  }
  if (known.length === 0) return [0, 1];
  const [low, high] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
  const bottom = low < high * 0.4 && low >= 0 ? 0 : low - (high - low) * 0.12;
  return high > bottom ? [bottom, high + (high - bottom) * 0.08] : [bottom - 1, bottom + 1];
}

/** Stretches of one level each: they are drawn apart, since a level ends where the next begins. */
function stretches(figure: TrendFigure, from: number, to: number): [number, number][] {
  const found: [number, number][] = [];
  for (let at = from; at <= to; at += 1) {
    const [before, here] = [figure.levels[at - 1], figure.levels[at]];
    if (!here) continue;
    const last = found.at(-1);
    const isNew = figure.changes.some((change) => !change.drift && change.from === at);
    if (last && before && last[1] === at - 1 && !isNew) last[1] = at;
    else found.push([at, at]);
  }
  return found;
}

export function TrendChart({ figure, document, zoom, onZoom }: Props) {
  const [place, width] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const [drag, setDrag] = useState<number | null>(null);
  const most = figure.values.length - 1;
  const [from, to] = zoom ? [Math.max(0, Math.ceil(zoom[0])), Math.min(most, Math.floor(zoom[1]))] : [0, most];
  const [low, high] = range(figure, from, to);
  const right = Math.max(LEFT + 40, width - RIGHT);
  const x = (run: number) => LEFT + ((run - from + 0.5) / Math.max(1, to - from + 1)) * (right - LEFT);
  const y = (value: number) => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const run = (point: number) => document.runs[figure.at[point] ?? 0];
  const under = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / (right - LEFT);
    return Math.max(from, Math.min(to, Math.floor(from + share * (to - from + 1))));
  };
  const step = (by: number) => setAt(Math.max(from, Math.min(to, (at ?? (by > 0 ? from - 1 : to + 1)) + by)));
  const indexes = Array.from({ length: Math.max(0, to - from + 1) }, (_, number) => from + number);
  const every = Math.max(1, Math.ceil(indexes.length / Math.max(2, Math.floor(width / 130))));
  const spoken = at === null ? null : run(at);
  return (
    <figure class="chart">
      <div ref={place}>
        <svg
          class="plain-plot trend"
          width={width}
          height={HEIGHT}
          role="slider"
          tabindex={0}
          aria-label={`${figure.subject} ${figure.quantity} by run`}
          aria-valuemin={from}
          aria-valuemax={to}
          aria-valuenow={at ?? to}
          aria-valuetext={spoken ? `run ${spoken.run}: ${written(figure.values[at ?? 0] ?? null, figure.unit)}` : 'no run chosen'}
          onPointerMove={(event) => setAt(under(event))}
          onPointerLeave={() => {
            setAt(null);
            setDrag(null);
          }}
          onPointerDown={(event) => setDrag(under(event))}
          onPointerUp={(event) => {
            const end = under(event);
            if (drag !== null && Math.abs(end - drag) > 1) onZoom([Math.min(drag, end), Math.max(drag, end)]);
            setDrag(null);
          }}
          onDblClick={() => onZoom(null)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowLeft') step(-1);
            else if (event.key === 'ArrowRight') step(1);
            else if (event.key === 'Escape') onZoom(null);
            else return;
            event.preventDefault();
          }}
        >
          {ticks(low, high, 5).map((tick) => (
            <>
              <path class="grid" d={`M${LEFT} ${y(tick)}H${right}`} />
              <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end">
                {written(tick, figure.unit)}
              </text>
            </>
          ))}
          {stretches(figure, from, to).map(([first, last]) => {
            const all = indexes.slice(first - from, last - from + 1);
            const edge = (point: number, part: 0 | 1 | 2) => y(figure.levels[point]?.[part] ?? low);
            const ends = [x(first - 0.5), x(last + 0.5)] as const;
            const through = (part: 0 | 1 | 2, points: number[]) => points.map((point) => `L${x(point)} ${edge(point, part)}`).join('');
            const upper = `M${ends[0]} ${edge(first, 2)}${through(2, all)}L${ends[1]} ${edge(last, 2)}`;
            const lower = `L${ends[1]} ${edge(last, 0)}${through(0, [...all].reverse())}L${ends[0]} ${edge(first, 0)}Z`;
            return (
              <>
                <path class="band" d={upper + lower} />
                <path class="level" d={`M${ends[0]} ${edge(first, 1)}${through(1, all)}L${ends[1]} ${edge(last, 1)}`} />
              </>
            );
          })}
          {figure.changes
            .filter((change) => change.from >= from && change.from <= to)
            .map((change) => (
              <>
                <path class={`change ${change.worse ? 'bad' : 'good'}`} d={`M${x(change.from - 0.5)} ${TOP}V${HEIGHT - BOTTOM}`} />
                <text class={change.worse ? 'bad' : 'good'} x={x(change.from - 0.5)} y={HEIGHT - BOTTOM + 14} text-anchor="middle">
                  {change.certain ? (change.worse === figure.more_is_worse ? '▲' : '▼') : '?'}
                </text>
              </>
            ))}
          {figure.accepted
            .filter(([point]) => point >= from && point <= to)
            .map(([point]) => (
              <text class="good" x={x(point)} y={HEIGHT - BOTTOM + 14} text-anchor="middle">
                ✓
              </text>
            ))}
          {indexes.map((point) => {
            const value = figure.values[point];
            if (value === null || value === undefined) return null;
            const isFar = figure.outliers.includes(point);
            return <circle class={isFar ? 'outlier' : 'head'} cx={x(point)} cy={Math.max(4, Math.min(HEIGHT - BOTTOM, y(value)))} r={indexes.length > 200 ? 2 : 3.2} />;
          })}
          {indexes
            .filter((_, number) => number % every === 0)
            .map((point) => {
              const one = run(point);
              return (
                <text x={x(point)} y={HEIGHT - 8} text-anchor="middle">
                  {one ? moment(one).slice(0, 10) : ''}
                </text>
              );
            })}
          {at !== null && <path class="cursor" d={`M${x(at)} ${TOP}V${HEIGHT - BOTTOM}`} />}
          {drag !== null && at !== null && <rect class="drag" x={Math.min(x(drag), x(at))} width={Math.abs(x(at) - x(drag))} y={TOP} height={HEIGHT - TOP - BOTTOM} />}
        </svg>
      </div>
      <p class="limit reading">
        {at !== null && spoken ? (
          <>
            run {spoken.run}, {moment(spoken)}
            {spoken.commit && `, commit ${spoken.commit.slice(0, 9)}`}: <b>{written(figure.values[at] ?? null, figure.unit)}</b>
            {figure.levels[at] && `, level ${written(figure.levels[at]?.[1] ?? null, figure.unit)}`}
          </>
        ) : zoom ? (
          <button type="button" onClick={() => onZoom(null)}>
            Show all runs
          </button>
        ) : (
          'The line is the level, the band the noise around it. Drag to look closer.'
        )}
      </p>
      <ul class="said">
        {figure.said.map(([sign, tone, words]) => (
          <li class={tone}>
            <span aria-hidden="true">{sign}</span> <bdi>{words}</bdi>
          </li>
        ))}
      </ul>
      <Numbers
        title={`${figure.subject} ${figure.quantity}`}
        head={['run', 'started', 'commit', figure.unit || 'value', 'level']}
        rows={() => figure.values.map((value, point) => {
          const one = run(point);
          return [one?.run ?? null, one ? moment(one) : '', one?.commit.slice(0, 9) ?? '', value, figure.levels[point]?.[1] ?? null];
        })}
        shown={(value) => written(value, figure.unit)}
      />
    </figure>
  );
}

/** The same in a line of a table. */
export function Spark({ figure }: { figure: TrendFigure }) {
  const most = figure.values.length - 1;
  const [low, high] = range(figure, 0, most);
  const x = (at: number) => 2 + (at / Math.max(1, most)) * 156;
  const y = (value: number) => 24 - ((Math.max(low, Math.min(high, value)) - low) / (high - low)) * 22;
  const points = figure.values.flatMap((value, at) => (value === null ? [] : [`${x(at).toFixed(1)} ${y(value).toFixed(1)}`]));
  if (points.length === 0) return null;
  return (
    <svg class="spark" viewBox="0 0 160 26" aria-hidden="true">
      <path class="values" d={`M${points.join('L')}`} />
      {stretches(figure, 0, most).map(([from, to]) => (
        <path class="level" d={`M${x(from)} ${y(figure.levels[from]?.[1] ?? low)}L${x(to)} ${y(figure.levels[to]?.[1] ?? low)}`} />
      ))}
      {figure.changes.map((change) => (
        <path class={`change ${change.worse ? 'bad' : 'good'}`} d={`M${x(change.from)} 1v24`} />
      ))}
    </svg>
  );
}
