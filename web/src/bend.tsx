// Response times against the load of the same moment: where a system bends, which no chart over time shows. Only where the
// load has changed by enough for that to be seen.

import { useMemo } from 'preact/hooks';
import { useWidth } from './chart';
import type { RunDocument } from './document';
import { amount, moment } from './format';
import { limitsOf } from './lines';
import { Numbers } from './numbers';
import { ticks } from './ticks';

const HEIGHT = 210;
const [LEFT, RIGHT, TOP, BOTTOM] = [66, 12, 8, 26];
/** Steps below which there is nothing to see, and the change of the load that there has to be. */
const LEAST = 12;
const APART = 1.5;
/** The load is told in so many parts. */
const PARTS = 3;

interface Point {
  step: number;
  rate: number;
  took: number;
}

interface Props {
  run: RunDocument;
  zoom: [number, number] | null;
}

export function Bend(props: Props) {
  const all = useMemo(() => points(props.run), [props.run]);
  return bends(all) ? <Drawn {...props} all={all} /> : null;
}

function Drawn({ run, zoom, all }: Props & { all: Point[] }) {
  const [place, width] = useWidth();
  const shown = zoom ? all.filter(({ step }) => (step + 0.5) * run.step_s >= zoom[0] && (step + 0.5) * run.step_s <= zoom[1]) : all;
  const metric = run.heat ? run.metrics[run.heat.metric] : undefined;
  if (!metric || !run.heat) return null;
  const limits = limitsOf(run.requirements, run.heat.metric);
  const [fast, slow] = [Math.max(...all.map((one) => one.rate)), Math.max(...all.map((one) => one.took))];
  const near = limits.map((limit) => limit.at).filter((at) => at <= slow * 3);
  const top = Math.max(slow, ...near) * 1.06;
  const x = (rate: number) => LEFT + (rate / (fast * 1.03)) * Math.max(1, width - LEFT - RIGHT);
  const y = (took: number) => TOP + (1 - took / top) * (HEIGHT - TOP - BOTTOM);
  const dot = ({ rate, took }: Point) => `M${x(rate).toFixed(1)} ${y(took).toFixed(1)}h0`;
  const words = parts(shown, metric.unit);
  return (
    <figure class="chart">
      <figcaption>{metric.title} p95 by load</figcaption>
      <div class="plot" ref={place}>
        <svg class="plain-plot" width={width} height={HEIGHT} role="img" aria-label={`${metric.title} against requests per second of the same moment. ${words}.`}>
          {ticks(0, top, 5).map((at) => (
            <>
              <path class="grid" d={`M${LEFT} ${y(at)}H${width - RIGHT}`} />
              <text x={LEFT - 6} y={y(at) + 4} text-anchor="end">
                {amount(at, metric.unit)}
              </text>
            </>
          ))}
          {ticks(0, fast, 5).map((at) => (
            <text x={x(at)} y={HEIGHT - 8} text-anchor="middle">
              {amount(at, '', '/s')}
            </text>
          ))}
          {near.map((at) => (
            <path class="change bad" d={`M${LEFT} ${y(at)}H${width - RIGHT}`} />
          ))}
          <path class="dots" d={shown.map(dot).join('')} />
        </svg>
      </div>
      <p class="limit">{words || 'nothing in what is looked at'}</p>
      <Numbers
        title={`${metric.title} by load`}
        head={['from_s', 'requests (/s)', `p95 (${metric.unit})`]}
        rows={() => all.map(({ step, rate, took }) => [moment(step * run.step_s), rate, took])}
        shown={(value, column) => (column === 1 ? amount(value, '', '/s') : amount(value, metric.unit))}
      />
    </figure>
  );
}

/** What each step had, where it had both. */
function points(run: RunDocument): Point[] {
  const took = run.heat ? run.metrics[run.heat.metric]?.all.course['p95'] : undefined;
  const rates = run.metrics.find((metric) => metric.name === 'http_reqs')?.all.course['rate'];
  if (!took || !rates) return [];
  const found: Point[] = [];
  for (let step = 0; step < run.steps; step += 1) {
    const [rate, one] = [rates[step], took[step]];
    if (rate !== null && rate !== undefined && one !== null && one !== undefined) found.push({ step, rate, took: one });
  }
  return found;
}

/** Whether the load changed by enough: its upper tenth is far above its lower one. */
function bends(all: Point[]): boolean {
  if (all.length < LEAST) return false;
  const rates = all.map((one) => one.rate).sort((left, right) => left - right);
  const at = (share: number) => rates[Math.floor(share * (rates.length - 1))] ?? 0;
  return at(0.9) > at(0.1) * APART;
}

/** The usual p95 in parts of the load. */
function parts(shown: Point[], unit: string): string {
  const most = Math.max(0, ...shown.map((one) => one.rate));
  const said: string[] = [];
  for (let part = 1; part <= PARTS; part += 1) {
    const [above, upTo] = [((part - 1) * most) / PARTS, (part * most) / PARTS];
    const took = shown.filter(({ rate }) => rate > above && rate <= upTo).map((one) => one.took).sort((left, right) => left - right);
    const middle = took[Math.floor((took.length - 1) / 2)];
    if (middle !== undefined) said.push(`up to ${amount(upTo, '', '/s')}: mostly ${amount(middle, unit)}`);
  }
  return said.join(' · ');
}
