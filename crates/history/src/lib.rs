//! The history of runs: every run that was made, with the figures that trends and baselines stand on.
//!
//! A [`History`] is a file of SQLite's, or a schema in a team's PostgreSQL; nothing else differs. A run enters it when
//! it begins and is on disk up to its last second whatever happens to the process ([`RunEntry`]); when it ends, its
//! seconds are packed and its figures stored beside them, one row each, so that a year of runs can be compared without
//! opening one of them. What is a figure and what is a good outcome is decided by whoever judges: this crate keeps it.
//!
//! ```
//! use loadline_history::{Filter, History, Location, Pick};
//! use loadline_measure::{Conclusion, Figure, Judgement, Run, RunMeta, RunWriter, FigureScale, Schema};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("history.sqlite");
//! # let text = path.to_str().expect("a name that is text");
//! let location: Location = text.parse()?;
//! let mut history = History::open(&location)?;
//!
//! let run = Run::new(RunMeta { name: "checkout.ts".to_owned(), ..RunMeta::default() }, Schema::new());
//! let entry = history.begin(&run.meta)?;
//! let mut writer = RunWriter::new(entry.writer(), &run.meta, run.schema().clone())?;
//! for (second, window) in run.seconds() {
//!     writer.write_second(second, &window)?; // in the history from here on
//! }
//! entry.finish(&run, &Conclusion {
//!     outcome: Judgement::Passed,
//!     words: "2 of 2 thresholds passed".to_owned(),
//!     figures: vec![Figure {
//!         subject: "/checkout".to_owned(),
//!         quantity: "p95".to_owned(),
//!         value: 212.5,
//!         scale: FigureScale::LATENCY,
//!         values: 4_000,
//!     }],
//! })?;
//!
//! let latest = history.resolve(&"latest".parse::<Pick>()?, &Filter::default())?;
//! assert_eq!(history.load(latest)?.0.meta.name, "checkout.ts");
//! let trend = history.series(&Filter::default(), "/checkout", "p95")?;
//! assert_eq!(trend[0].value, 212.5);
//! // There is no second one.
//! assert!(history.resolve(&"-2".parse::<Pick>()?, &Filter::default()).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod acceptance;
mod alive;
mod baseline;
mod census;
mod content;
mod damage;
mod database;
mod entry;
mod error;
mod exchange;
mod figure;
mod files;
mod filter;
mod following;
mod history;
mod inspect;
mod location;
mod noise;
mod numbers;
mod pick;
mod prune;
mod repair;
mod runs;
mod schema;
mod sealed;
mod sealing;
mod store_run;
mod tables;

pub use acceptance::Acceptance;
pub use baseline::Baseline;
pub use damage::Damage;
pub use entry::{PieceWriter, RunEntry};
pub use error::HistoryError;
pub use exchange::Added;
pub use figure::FigureName;
pub use filter::Filter;
pub use following::Written;
pub use history::History;
pub use location::{Location, LocationError, Server};
pub use pick::{Pick, PickError};
pub use prune::Keep;
pub use repair::Repair;
