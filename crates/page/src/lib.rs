//! A Run as one page: the verdict first, then what explains it.
//!
//! [`Document::of`] says what there is to see of a run, in the form that the page reads: requirements, panels of
//! metrics with their figures and their course over time, a heat map, checks, failures. Which panels there are comes
//! from the run's own descriptions, so a metric that nobody foresaw has a chart. [`html`] puts a document into the
//! page, which is built from `web/` and kept in `bundle/`: one file, which asks nothing of anybody. [`svg`] draws the
//! verdict and two charts as one picture, and [`badge`] one figure as a line.
//!
//! [`Live`] is the document of a run that goes on: it says of each second what that adds, and all of it to whoever
//! comes late.
//!
//! What there is too much of is left out by rules that are the same for every run, and the document says how much that
//! was.

mod compared;
mod course;
mod cut;
mod document;
mod failures;
mod figures;
mod heat;
mod html;
mod live;
mod make;
mod steps;
mod svg;
mod trends;
mod warnings;

pub use compared::{ComparedDocument, ComparedFigure};
pub use document::{
    Check, Cut, Document, Event, Failure, Heat, Metric, Outcome, Panel, Requirement, Row, VERSION, Verdict,
};
pub use html::{compared_html, html, live_page, program, served, served_nothing, style, trends_html};
pub use live::{Addition, HeatStep, Judgement, Live, News};
pub use svg::{
    LoadLine, LoadPoint, Shows, Standing, TradeOff, TriedPolicy, badge, load_line_svg, svg, trade_off_svg,
};
pub use trends::{KeptRun, Links, TrendChange, TrendFigure, TrendsDocument};

#[cfg(test)]
mod tests;
