// A run that goes on: its document, and what each second adds to it, as they come from the server
// (crates/page/src/live/addition.rs).

import type { Check, Cut, Failure, Heat, Metric, Numbers, Requirement, Row, RunDocument } from './document';
import { VERSION } from './document';

/** A row that has grown: metric, cut (−1 for all values together), row, samples, figures, numbers of the last step. */
type Grown = [metric: number, cut: number, row: number, samples: number, figures: Numbers, step: Numbers];

export interface Addition {
  duration_ms: number;
  steps: number;
  metrics?: Metric[];
  panels?: RunDocument['panels'];
  cuts?: [metric: number, cut: Cut][];
  rows?: [metric: number, cut: number, row: Row][];
  left_out?: [metric: number, cut: number, values: number][];
  grown?: Grown[];
  heat?: { step: number; cells: [level: number, count: number][]; metric: number };
  new_checks?: Check[];
  checks?: [at: number, passes: number, fails: number, first: number | null][];
  new_failures?: Failure[];
  failures?: [at: number, count: number, first: number, last: number][];
  failures_left_out: number;
  events?: [happened: NonNullable<RunDocument['events']>, left_out: number];
  judged?: { verdict: RunDocument['verdict']; requirements: Requirement[]; warnings: string[] };
}

/** `waiting`: nothing was measured yet. `lost`: the server does not answer, and is asked again. */
export type State = 'waiting' | 'live' | 'lost' | 'ended' | 'gone';

export interface Told {
  state: State;
  run: RunDocument | null;
}

/** Follows the run, and says what there is of it whenever there is more. */
export function follow(address: string, tell: (told: Told) => void) {
  let state: State = 'waiting';
  let whole: RunDocument | null = null;
  const source = new EventSource(address);
  const say = (next: State) => {
    state = next;
    tell({ state, run: whole && shown(whole, state === 'live' || state === 'lost') });
  };
  const over = (next: State) => {
    source.close();
    say(next);
  };
  const take = (event: MessageEvent<string>) => {
    const run = JSON.parse(event.data) as RunDocument | null;
    if (run && run.version !== VERSION) {
      // The server is of another version than this page, which it has brought itself.
      location.reload();
      return;
    }
    whole = run ?? whole;
  };
  source.addEventListener('document', (event) => {
    take(event);
    say('live');
  });
  source.addEventListener('second', (event) => {
    if (!whole) return;
    add(whole, JSON.parse(event.data) as Addition);
    say('live');
  });
  source.addEventListener('ended', (event) => {
    take(event);
    over('ended');
  });
  source.addEventListener('gone', () => over('gone'));
  source.addEventListener('open', () => {
    if (state === 'lost') say(whole ? 'live' : 'waiting');
  });
  source.addEventListener('error', () => say('lost'));
  tell({ state, run: null });
}

/** Puts what a second adds into the document, in place. */
export function add(run: RunDocument, news: Addition) {
  const before = run.steps;
  run.duration_ms = news.duration_ms;
  run.steps = news.steps;
  // A step that nothing is said of is one without values.
  if (run.steps > before) {
    for (const row of every(run)) {
      for (const numbers of Object.values(row.course)) while (numbers.length < run.steps) numbers.push(null);
    }
  }
  run.metrics.push(...(news.metrics ?? []));
  run.panels = news.panels ?? run.panels;
  for (const [metric, cut] of news.cuts ?? []) run.metrics[metric]?.cuts.push(cut);
  for (const [metric, cut, row] of news.rows ?? []) run.metrics[metric]?.cuts[cut]?.rows.push(row);
  for (const [metric, cut, values] of news.left_out ?? []) {
    const told = run.metrics[metric]?.cuts[cut];
    if (told) told.left_out = values;
  }
  for (const grown of news.grown ?? []) grow(run, grown);
  if (news.heat && run.heat) heat(run.heat, news.heat);
  else if (news.heat) run.heat = { metric: news.heat.metric, edges: EDGES, cells: news.heat.cells.map(([level, count]) => [news.heat?.step ?? 0, level, count]) };
  run.checks.push(...(news.new_checks ?? []));
  for (const [at, passes, fails, first_fail_s] of news.checks ?? []) Object.assign(run.checks[at] ?? {}, { passes, fails, first_fail_s });
  run.failures.push(...(news.new_failures ?? []));
  for (const [at, count, first_s, last_s] of news.failures ?? []) Object.assign(run.failures[at] ?? {}, { count, first_s, last_s });
  run.failures_left_out = news.failures_left_out;
  if (news.events) [run.events, run.events_left_out] = news.events;
  if (news.judged) Object.assign(run, news.judged);
}

function* every(run: RunDocument): Iterable<Row> {
  for (const metric of run.metrics) {
    yield metric.all;
    for (const cut of metric.cuts) yield* cut.rows;
  }
}

function grow(run: RunDocument, [metric, cut, at, samples, figures, step]: Grown) {
  const of = run.metrics[metric];
  const row = cut < 0 ? of?.all : of?.cuts[cut]?.rows[at];
  if (!row) return;
  row.samples = samples;
  Object.keys(row.figures).forEach((name, place) => (row.figures[name] = figures[place] ?? null));
  if (step.length === 0) return;
  Object.values(row.course).forEach((numbers, place) => (numbers[run.steps - 1] = step[place] ?? null));
}

/** The sizes by which values are counted while a run goes on; see crates/page/src/live/sizes.rs. */
const EDGES = Array.from({ length: 161 }, (_, level) => 0.01 * 10 ** (level / 20));

function heat(known: Heat, news: NonNullable<Addition['heat']>) {
  while (known.cells.length > 0 && (known.cells[known.cells.length - 1]?.[0] ?? 0) >= news.step) known.cells.pop();
  for (const [level, count] of news.cells) known.cells.push([news.step, level, count]);
}

/** What is drawn of it: a new object, with what only whoever looks now can say. */
function shown(run: RunDocument, isGrowing: boolean): RunDocument {
  if (!isGrowing) return { ...run, heat: run.heat && trimmed(run.heat) };
  const seconds = Math.max(1, run.duration_ms / 1000);
  for (const metric of run.metrics) {
    for (const row of [metric.all, ...metric.cuts.flatMap((cut) => cut.rows)]) {
      // What did not grow is less per second all the same.
      if ('rate' in row.figures) row.figures['rate'] = (row.figures['count'] ?? row.samples) / seconds;
    }
  }
  return {
    ...run,
    metrics: run.metrics.map((metric) => ({ ...metric })),
    heat: run.heat && trimmed(run.heat),
    checks: [...run.checks].sort((left, right) => right.fails - left.fails),
    failures: [...run.failures].sort((left, right) => right.count - left.count),
  };
}

/** The heat map without levels above and below all that came. */
function trimmed({ metric, edges, cells }: Heat): Heat | null {
  let [least, most] = [edges.length, 0];
  for (const [, level] of cells) {
    if (level < least) least = level;
    if (level > most) most = level;
  }
  if (cells.length === 0) return null;
  return { metric, edges: edges.slice(least, most + 2), cells, lowest: least };
}
