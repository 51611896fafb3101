//! What people and machines read of a run.
//!
//! Everything here turns a run, its verdicts and its progress into text, JSON or files. Nothing prints by itself: text
//! is returned as [`Line`]s or strings, files are written through [`Output`]s, and the caller owns the terminal.
//! What comes from scripts and servers is escaped on its way into a [`Line`], so that it cannot command a terminal.

mod advice;
mod baseline;
mod bisect;
mod caches;
mod ci;
mod comparison;
mod data;
mod figure;
mod figure_text;
mod folded;
mod history;
mod hit;
mod ledger;
mod live;
mod migrations;
mod output;
mod portraits;
mod shown;
mod slowest;
mod statements;
mod summary;
mod table;
mod text;
mod trend_plot;
mod trust;
mod verdict_text;

pub use advice::{
    AdviceReport, advice_answer, advice_json, advice_omission, advice_sql, advice_steps, advice_text,
};
pub use baseline::{
    NormalRuns, Past, SavedBaseline, baseline_json, baseline_table, baselines_json, baselines_page,
    baselines_text,
};
pub use bisect::{BisectReport, CommitSeen, Step, bisect_json, bisect_text};
pub use caches::{CacheFigures, CachePart, cache_figures, cache_lines, caches_json};
pub use ci::{SourcePlace, github_annotations, github_summary, junit, sarif};
pub use comparison::{
    ComparisonReport, Course, NoiseReport, change_text, comparison_json, comparison_markdown,
    comparison_table, interval_text, noise_json, noise_text,
};
pub use data::{
    TestState, TrendStat, TrendStatError, outcome_name, summary_data, summary_export, verdicts_json,
};
pub use figure_text::figure_text;
pub use history::{
    AcceptedChange, Said, Trend, change_words, moment, pruned_json, pruned_text, repaired_json,
    repaired_text, run_json, run_text, runs_json, runs_table, short_commit, trend_json, trend_said,
    trend_table,
};
pub use hit::{HitFigures, HitPhase, PERCENTILES, hit_json, hit_report, latency_histogram};
pub use ledger::{ledger_json, ledger_lines, ledger_readings, ledger_table};
pub use live::{
    Block, LiveView, Moment, Phase, PlainView, Rates, ScenarioRates, Shares, Size, Users, live_lines,
    plain_line,
};
pub use migrations::{CheckReport, check_answer, check_json, check_junit, check_markdown, check_text};
pub use output::{
    Content, CsvOutput, Destination, Event, JsonOutput, MetricNotes, Output, OutputError, RunOutput,
    SYSTEM_TAGS, Witness, append_file, check_file, create_file, replace_file,
};
pub use portraits::{DiffReport, diff_answer, diff_json, diff_text};
pub use slowest::slow_lines;
pub use statements::{SlowReport, SlowSource, slow_amount, slow_answer, slow_json, slow_live, slow_text};
pub use summary::{SummaryMode, SummaryModeError, SummaryOptions, summary};
pub use table::{Requirement, verdict_table};
pub use text::{Line, Role, Theme, column, plain, render, widest, wrap};

#[cfg(test)]
#[path = "../examples/gallery/judged.rs"]
mod judged;
#[cfg(test)]
#[path = "../examples/gallery/made_up.rs"]
mod made_up;
