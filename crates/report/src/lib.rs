//! What people and machines read of a run.
//!
//! Everything here turns a run, its verdicts and its progress into text, JSON or files. Nothing prints by itself: text
//! is returned as [`Line`]s or strings, files are written through [`Output`]s, and the caller owns the terminal.
//! What comes from scripts and servers is escaped on its way into a [`Line`], so that it cannot command a terminal.

mod ci;
mod comparison;
mod data;
mod figure;
mod folded;
mod hit;
mod live;
mod output;
mod shown;
mod summary;
mod table;
mod text;
mod trend_plot;
mod trust;
mod verdict_text;

pub use ci::{github_annotations, github_summary, junit};
pub use comparison::{ComparisonReport, comparison_json, comparison_markdown, comparison_table};
pub use data::{
    TestState, TrendStat, TrendStatError, outcome_name, summary_data, summary_export, verdicts_json,
};
pub use hit::{HitFigures, HitPhase, PERCENTILES, hit_json, hit_report, latency_histogram};
pub use live::{
    LiveView, Moment, Phase, PlainView, Rates, ScenarioRates, Shares, Size, Users, live_lines, plain_line,
};
pub use output::{
    CsvOutput, Destination, Event, JsonOutput, MetricNotes, Output, OutputError, RunOutput, SYSTEM_TAGS,
    create_file,
};
pub use summary::{SummaryMode, SummaryModeError, SummaryOptions, summary};
pub use table::{Requirement, verdict_table};
pub use text::{Line, Role, Theme, column, plain, render, widest};
pub use trend_plot::{TrendPoint, trend_lines};

#[cfg(test)]
#[path = "../examples/gallery/judged.rs"]
mod judged;
#[cfg(test)]
#[path = "../examples/gallery/made_up.rs"]
mod made_up;
