//! A project's budgets over production: the same limits that judge a load test, held against a service's own counters.
//!
//! A budget on an endpoint becomes an [`Objective`]: which share of its requests may be slow, or fail. [`queries`] asks
//! a Prometheus for the requests of one stretch of time, all endpoints at once; [`Tally`] takes the answers in, with a
//! [`Ledger`] for each objective. [`watched`] then says what happened in a window, how sure it is that it goes on like
//! that, and how fast the budget burns over several windows (SRE workbook, chapter 5).
//!
//! Where there is no Prometheus, [`Scraped`] follows the counters of services themselves, and gives the same answers.
//!
//! [`canary`] holds two versions against each other, by a label, with the statistics of two builds.
//!
//! [`alert`] is a state machine over that, [`around`] what changed around an alert, [`notify`] what receivers are told,
//! and with the feature `store` what must not be forgotten is in an SQLite file.
//!
//! All of it but that is pure: whoever asks over the network hands the answers in, and the time with them.
//!
//! ```
//! use loadline_verdict::{Endpoints, ProjectBudget};
//! use loadline_watch::{Bounds, Objective, Settings, queries};
//!
//! # use loadline_verdict::Route;
//! let mut endpoints = Endpoints::default();
//! endpoints.push("auth.login", Route::parse("POST /login")?);
//! # let text = loadline_measure::BudgetText { endpoint: "auth.login".into(), metric: String::new(), part: String::new(), quantity: "p95".into(), limit: "1s".into(), over: String::new(), allow_no_data: false, ignore_dropped: false };
//! let budget = ProjectBudget::parse(&text, &endpoints).unwrap(); // p95 = "1s"
//! let objectives = vec![Objective::of(&budget, &endpoints).unwrap()];
//! let asked = queries(&Settings::default(), &objectives, &Bounds::of_texts(["500.0", "1000.0", "+Inf"]), 60);
//! assert_eq!(
//!     asked[0].text,
//!     "sum by (endpoint, le) (increase(api_request_duration_ms_bucket{load_test=\"\",endpoint=~\"auth\\\\.login\",\
//!      le=~\"1000\\\\.0|\\\\+Inf\"}[60s]))"
//! );
//! // A budget on a metric of a load test has no counters in production.
//! # let text = loadline_measure::BudgetText { endpoint: String::new(), metric: "payment_success".into(), quantity: "share".into(), limit: ">=99%".into(), ..text };
//! let budget = ProjectBudget::parse(&text, &endpoints).unwrap(); // metric = "payment_success"
//! assert!(Objective::of(&budget, &endpoints).is_err());
//! # Ok::<(), loadline_verdict::Problems>(())
//! ```

mod account;
pub mod alert;
pub mod around;
mod asked_for;
mod bounds;
mod burn;
pub mod canary;
mod figures;
mod labelled;
mod ledger;
mod left;
mod names;
pub mod notify;
mod objective;
mod promql;
mod scrape;
mod selection;
mod settings;
#[cfg(feature = "store")]
pub mod store;
mod tally;
mod watched;
mod words;

pub use account::{Account, Told};
pub use asked_for::{requests, requests_query};
pub use bounds::{Bound, Bounds, Place};
pub use burn::{BurnWindow, Severity, WORKBOOK};
pub use ledger::{Cell, Counted, Ledger};
pub use left::{Left, PERIOD_S, left, left_words};
pub use names::{Names, Unit};
pub use objective::{Indicator, Objective, Unwatched, objectives};
pub use promql::{Query, Reads, bounds_query, queries};
pub use scrape::{Dropped, Scraped, Unscrapable};
pub use settings::Settings;
pub use tally::{Part, Tally};
pub use watched::{Burn, BurnState, FEWEST_BAD, Fact, Standing, Watched, burns, watched};
pub use words::{burn_words, fact_words};
