// What the page reads: the document of crates/page/src/document.rs, field by field.

export type Outcome = 'pass' | 'fail' | 'no_data' | 'inconclusive';
export type Kind = 'counter' | 'gauge' | 'rate' | 'trend';
export type Numbers = (number | null)[];

export interface Requirement {
  words: string;
  limit: string;
  observed: string | null;
  samples: number;
  outcome: Outcome;
  fails: boolean;
  certainty: string;
  evidence: string;
  metric: number | null;
  line: number | null;
}

export interface Row {
  value: string;
  samples: number;
  figures: Record<string, number | null>;
  course: Record<string, Numbers>;
}

export interface Cut {
  by: string;
  rows: Row[];
  left_out: number;
}

export interface Metric {
  name: string;
  title: string;
  kind: Kind;
  unit: string;
  all: Row;
  cuts: Cut[];
}

export interface Heat {
  metric: number;
  edges: number[];
  cells: [step: number, level: number, count: number][];
  /** The level that the first edge is of; 0 where nothing is said. */
  lowest?: number;
}

export interface Check {
  group: string;
  name: string;
  passes: number;
  fails: number;
  first_fail_s: number | null;
}

export interface Failure {
  tags: [key: string, value: string][];
  count: number;
  first_s: number;
  last_s: number;
  /** The address of one of them, where it says more than its name. */
  example?: string;
}

/** What some requests' time went to, in milliseconds a request on average. */
export interface LedgerAccount {
  requests: number;
  total_ms: number;
  items: { what: string; ms: number }[];
  before: { what: string; ms: number }[];
  told: number;
}

/** Where an endpoint's time went; all requests together are the first. */
export interface LedgerReading {
  name: string;
  requests: number;
  whole: LedgerAccount;
  typical: LedgerAccount | null;
  slow: LedgerAccount | null;
  words: string;
  notes: string[];
}

export interface RunDocument {
  version: number;
  name: string;
  started_unix_ms: number;
  duration_ms: number;
  step_s: number;
  steps: number;
  verdict: { outcome: Outcome; words: string };
  facts: [name: string, value: string][];
  warnings: string[];
  requirements: Requirement[];
  panels: { title: string; first?: boolean; metrics: number[] }[];
  metrics: Metric[];
  heat: Heat | null;
  checks: Check[];
  failures: Failure[];
  failures_left_out: number;
  /** What happened to the run, in the order of time. */
  events?: { at_s: number; kind: string; words: string }[];
  events_left_out?: number;
  ledger?: LedgerReading[];
  /** What limited the run, most likely, in words. */
  limit?: string;
}

/** The version of the form that this page reads. */
export const VERSION = 1;

/** A figure of base and head. */
export interface ComparedFigure {
  subject: string;
  quantity: string;
  unit: string;
  more_is_worse: boolean;
  by_difference: boolean;
  words: [base: string, head: string, change: string, interval: string];
  change: number | null;
  interval: [low: number | null, high: number | null];
  confidence: number | null;
  outcome: Outcome;
  rounds: [base: Numbers, head: Numbers] | [];
}

/** Two builds side by side: crates/page/src/compared.rs. */
export interface ComparedDocument {
  version: number;
  name: string;
  sides: [base: string, head: string];
  verdict: { outcome: Outcome; words: string };
  notes: string[];
  /** Where differences come from: endpoints with words. */
  sources?: [name: string, words: string][];
  rounds: number;
  delta: number;
  share_delta: number;
  rows: ComparedFigure[];
  deciles: ComparedFigure[];
  runs: RunDocument[];
}

export interface KeptRun {
  run: number;
  started_unix_ms: number;
  duration_ms: number;
  name: string;
  commit: string;
  branch: string;
  outcome: Outcome;
  words: string;
}

export interface TrendChange {
  from: number;
  until: number;
  drift: boolean;
  certain: boolean;
  worse: boolean;
  words: string;
}

export interface TrendFigure {
  subject: string;
  quantity: string;
  unit: string;
  more_is_worse: boolean;
  at: number[];
  values: Numbers;
  levels: ([low: number, level: number, high: number] | null)[];
  outliers: number[];
  changes: TrendChange[];
  accepted: [at: number, why: string][];
  last: string;
  said: [sign: string, tone: string, words: string][];
}

/** What a history knows: crates/page/src/trends.rs. */
export interface TrendsDocument {
  version: number;
  name: string;
  runs: KeptRun[];
  figures: TrendFigure[];
  notes: string[];
  links: { run: string; compare: string } | null;
}
