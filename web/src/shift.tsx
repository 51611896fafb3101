// The shift function: how far each decile has moved. Two percentiles say that something moved; nine deciles say what.

import { useWidth } from './chart';
import type { ComparedDocument } from './document';
import { Numbers } from './numbers';
import { ticks } from './ticks';

const HEIGHT = 220;

/** Marks of an axis of changes: percent while they are small, factors when they are not. */
function marks(bottom: number, top: number): [at: number, words: string][] {
  if (Math.max(top, -bottom) < Math.log(1.8)) {
    return ticks(Math.expm1(bottom) * 100, Math.expm1(top) * 100, 5).map((percent) => [Math.log1p(percent / 100), `${percent > 0 ? '+' : ''}${percent}%`]);
  }
  const found: [number, string][] = [];
  for (let power = -6; power <= 6; power += 1) {
    for (const digit of top - bottom > Math.log(200) ? [1] : [1, 2, 5]) {
      const factor = digit * 10 ** power;
      const at = factor === 1 ? 0 : Math.log(factor);
      if (at >= bottom && at <= top) found.push([at, factor === 1 ? '±0%' : `×${Number(factor.toPrecision(3))}`]);
    }
  }
  return found;
}

export function Shift({ document }: { document: ComparedDocument }) {
  const [place, width] = useWidth();
  const deciles = document.deciles;
  if (deciles.length === 0) return null;
  const log = (change: number | null | undefined) => (change === null || change === undefined || change <= 0 ? null : Math.log(change));
  const points = deciles.map((one) => ({
    label: one.quantity,
    words: one.words,
    outcome: one.outcome,
    at: log(one.change),
    low: log(one.interval[0]),
    high: log(one.interval[1]),
  }));
  const known = points.flatMap((one) => [one.at, one.low, one.high]).filter((value): value is number => value !== null);
  // Intervals that reach far must not make everything else flat.
  const middle = points.map((one) => one.at).filter((value): value is number => value !== null);
  const delta = Math.log1p(document.delta);
  const far = Math.max(...middle.map(Math.abs), delta) * 3;
  const top = Math.min(far, Math.max(...known, delta) * 1.08);
  const bottom = Math.max(-far, Math.min(...known, -delta) * 1.08);
  const [left, right] = [58, Math.max(80, width - 12)];
  const x = (number: number) => left + ((number + 0.5) / points.length) * (right - left);
  const y = (value: number) => 8 + ((top - Math.max(bottom, Math.min(top, value))) / (top - bottom)) * (HEIGHT - 34);
  const line = points.flatMap((one, number) => (one.at === null ? [] : [`${x(number)} ${y(one.at)}`])).join('L');
  const said = points.map((one) => `${one.label} ${one.words[2]}`).join(', ');
  const first = deciles[0];
  return (
    <section aria-labelledby="shift">
      <h2 id="shift">How the distribution has shifted</h2>
      <figure class="chart">
        <figcaption>
          <bdi>{first?.subject}</bdi>, each decile of head against base
        </figcaption>
        <div ref={place}>
          <svg class="plain-plot" width={width} height={HEIGHT} role="img" aria-label={`Change of each decile: ${said}.`}>
            <rect class="nothing" x={left} width={right - left} y={y(delta)} height={y(-delta) - y(delta)} />
            {marks(bottom, top).map(([at, words]) => (
              <>
                <path class={at === 0 ? 'none' : 'grid'} d={`M${left} ${y(at)}H${right}`} />
                <text x={left - 6} y={y(at) + 4} text-anchor="end">
                  {words}
                </text>
              </>
            ))}
            {points.map((one, number) => (
              <>
                {one.low !== null && one.high !== null && <path class="reach" d={`M${x(number)} ${y(one.low)}V${y(one.high)}`} />}
                <text x={x(number)} y={HEIGHT - 6} text-anchor="middle">
                  {one.label}
                </text>
              </>
            ))}
            <path class="line" d={`M${line}`} />
            {points.map((one, number) => one.at !== null && <circle class={one.outcome === 'fail' ? 'bad' : 'head'} cx={x(number)} cy={y(one.at)} r="4" />)}
          </svg>
        </div>
        <p class="limit">Bars are intervals; the shaded band is what does not matter. Above it the head is {first?.more_is_worse ? 'worse' : 'better'}.</p>
        <Numbers
          title="shift"
          head={['decile', 'base', 'head', 'change', 'interval']}
          rows={() => points.map((one) => [one.label, ...one.words])}
          shown={(value) => String(value ?? '–')}
        />
      </figure>
    </section>
  );
}
