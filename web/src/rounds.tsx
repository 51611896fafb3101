// A figure of both builds in every round: what the judgement was worked out from.

import { useWidth } from './chart';
import type { ComparedFigure } from './document';
import { figure as written } from './format';
import { Numbers } from './numbers';
import { ticks } from './ticks';

const HEIGHT = 130;

export function Rounds({ figure }: { figure: ComparedFigure }) {
  const [place, width] = useWidth();
  const [base, head] = [figure.rounds[0] ?? [], figure.rounds[1] ?? []];
  const known = [...base, ...head].filter((value): value is number => value !== null);
  const top = Math.max(...known, 0) * 1.06 || 1;
  const x = (round: number) => 70 + ((round + 0.5) / base.length) * Math.max(0, width - 82);
  const y = (value: number) => 8 + (1 - value / top) * (HEIGHT - 16);
  return (
    <div ref={place}>
      <svg class="plain-plot" width={width} height={HEIGHT} role="img" aria-label={`${figure.subject} ${figure.quantity} of ${base.length} rounds; the table below has the numbers.`}>
        {ticks(0, top, 3).map((tick) => (
          <>
            <path class="grid" d={`M64 ${y(tick)}H${width}`} />
            <text x="58" y={y(tick) + 4} text-anchor="end">
              {written(tick, figure.unit)}
            </text>
          </>
        ))}
        {base.map((value, round) => {
          const other = head[round];
          return value !== null && other !== null && other !== undefined ? <path class="pair" d={`M${x(round)} ${y(value)}V${y(other)}`} /> : null;
        })}
        {base.map((value, round) => value !== null && <circle class="base" cx={x(round)} cy={y(value)} r="3.5" />)}
        {head.map((value, round) => value !== null && <circle class="head" cx={x(round)} cy={y(value)} r="3.5" />)}
      </svg>
      <p class="limit">
        <span class="key base">●</span> base <span class="key head">●</span> head, round by round
      </p>
      <Numbers
        title={`${figure.subject} ${figure.quantity}`}
        head={['round', 'base', 'head']}
        rows={() => base.map((value, round) => [round + 1, value, head[round] ?? null])}
        shown={(value, column) => (column === 0 ? String(value) : written(value, figure.unit))}
      />
    </div>
  );
}
