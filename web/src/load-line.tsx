// Of a search for the load line: latency against load, what was carried and what was not, and the line with its range.

import { useWidth } from './chart';
import type { RunDocument } from './document';
import { amount, moment } from './format';
import { Numbers } from './numbers';
import { ticks } from './ticks';

const HEIGHT = 260;
const [LEFT, RIGHT, TOP, BOTTOM] = [66, 12, 20, 26];

interface Step {
  at_s: number;
  load: number;
  took: number;
  carried: boolean;
}

interface Line {
  load: number;
  range: [low: number, high: number] | null;
}

export function LoadLine({ run }: { run: RunDocument }) {
  const steps = tried(run);
  return steps.length > 1 ? <Drawn steps={steps} line={found(run)} /> : null;
}

function Drawn({ steps, line }: { steps: Step[]; line: Line | null }) {
  const [place, width] = useWidth();
  const inside = Math.max(1, width - LEFT - RIGHT);
  const most = Math.max(...steps.map((one) => one.load), line?.range?.[1] ?? 0) * 1.04;
  // A queue's latencies are apart by ratios.
  const [low, high] = [Math.min(...steps.map((one) => one.took)) * 0.8, Math.max(...steps.map((one) => one.took)) * 1.25];
  const x = (load: number) => LEFT + (load / most) * inside;
  const y = (took: number) => TOP + (1 - Math.log(took / low) / Math.log(high / low)) * (HEIGHT - TOP - BOTTOM);
  const sorted = [...steps].sort((left, right) => left.load - right.load);
  const curve = sorted.map(({ load, took }, at) => `${at === 0 ? 'M' : 'L'}${x(load).toFixed(1)} ${y(took).toFixed(1)}`).join('');
  const words = said(steps, line);
  const beside = line && x(line.load) > LEFT + inside * 0.6;
  return (
    <figure class="chart">
      <figcaption>p95 by load</figcaption>
      <div class="plot" ref={place}>
        <svg class="plain-plot" width={width} height={HEIGHT} role="img" aria-label={`p95 against the load of each step. ${words}.`}>
          {line?.range && (
            <rect class="band" x={x(line.range[0])} y={TOP} width={Math.max(1, x(line.range[1]) - x(line.range[0]))} height={HEIGHT - TOP - BOTTOM} />
          )}
          {decades(low, high).map((at) => (
            <>
              <path class="grid" d={`M${LEFT} ${y(at)}H${width - RIGHT}`} />
              <text x={LEFT - 6} y={y(at) + 4} text-anchor="end">
                {amount(at, 'ms')}
              </text>
            </>
          ))}
          {ticks(0, most, width < 500 ? 3 : 6).map((at) => (
            <text x={x(at)} y={HEIGHT - 8} text-anchor="middle">
              {amount(at, '')}
            </text>
          ))}
          <path class="values" d={curve} />
          {line && (
            <>
              <path class="line" d={`M${x(line.load)} ${TOP}V${HEIGHT - BOTTOM}`} />
              <text x={x(line.load) + (beside ? -6 : 6)} y={TOP + 10} text-anchor={beside ? 'end' : 'start'}>
                the line: {amount(line.load, '')}
              </text>
            </>
          )}
          {steps.map(({ load, took, carried }) =>
            carried ? (
              <circle class="head" cx={x(load)} cy={y(took)} r={4} />
            ) : (
              <path class="cross" d={`M${x(load) - 4} ${y(took) - 4}l8 8m0-8l-8 8`} />
            ),
          )}
        </svg>
      </div>
      <p class="limit">{words}</p>
      <Numbers
        title="p95 by load"
        head={['from_s', 'load', 'p95 (ms)', 'carried']}
        rows={() => steps.map(({ at_s, load, took, carried }) => [moment(at_s), load, took, carried ? 'yes' : 'no'])}
        shown={(value, column) => amount(value, column === 2 ? 'ms' : '')}
      />
    </figure>
  );
}

/** The steps of a search, in their order. */
function tried(run: RunDocument): Step[] {
  const course = (name: string) => run.metrics.find((metric) => metric.name === name)?.all.course['last'];
  const [loads, times, carried] = [course('capacity_step_load'), course('capacity_step_p95'), course('capacity_step_carried')];
  if (!loads || !times || !carried) return [];
  const steps: Step[] = [];
  for (let step = 0; step < run.steps; step += 1) {
    const [load, took] = [loads[step], times[step]];
    if (load && took) steps.push({ at_s: step * run.step_s, load, took, carried: (carried[step] ?? 0) > 0.5 });
  }
  return steps;
}

/** What is carried. */
function found(run: RunDocument): Line | null {
  const last = (name: string) => run.metrics.find((metric) => metric.name === name)?.all.figures['last'] ?? null;
  const [load, low, high] = [last('capacity'), last('capacity_low'), last('capacity_high')];
  if (!load) return null;
  return { load, range: low !== null && high !== null ? [low, high] : null };
}

function said(steps: Step[], line: Line | null): string {
  const broken = steps.filter((one) => !one.carried).length;
  const tries = `${steps.length - broken} of ${steps.length} steps were carried (●), ${broken} were not (×)`;
  if (!line) return `${tries} · nothing is carried`;
  const range = line.range ? ` (about ${amount(line.range[0], '')} to ${amount(line.range[1], '')})` : ' at least';
  return `the line is at ${amount(line.load, '')}${range} · ${tries}`;
}

/** Round times between two: 1, 2 and 5 of each decade, or 1 alone where that would be too many. */
function decades(low: number, high: number): number[] {
  const of = (digits: number[]) => {
    const all: number[] = [];
    for (let power = 10 ** Math.floor(Math.log10(low)); power <= high && all.length < 60; power *= 10) {
      all.push(...digits.map((digit) => digit * power).filter((at) => at >= low && at <= high));
    }
    return all;
  };
  const all = of([1, 2, 5]);
  return all.length > 9 ? of([1]) : all;
}
