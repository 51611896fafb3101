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
  panels: { title: string; metrics: number[] }[];
  metrics: Metric[];
  heat: Heat | null;
  checks: Check[];
  failures: Failure[];
  failures_left_out: number;
}

/** The version of the form that this page reads. */
export const VERSION = 1;
