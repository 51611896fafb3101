//! Load tests written in Rust, with everything that scripts have: the same executors, checks, metrics, thresholds,
//! summary, Run file and exit codes.
//!
//! The engine knows no HTTP, the client records nothing, the judge knows neither: this crate is the glue between them
//! for a program of your own. A [`LoadTest`] takes scenarios, each an asynchronous closure or a type that implements
//! [`Vu`](loadline_load::Vu), and thresholds; a [`User`] sends requests and records them.
//!
//! ```no_run
//! use std::process::ExitCode;
//! use std::time::Duration;
//!
//! use loadline_harness::{LoadTest, User};
//! use loadline_load::{ConstantVus, Executor, Iteration, Scenario};
//!
//! fn main() -> ExitCode {
//!     let executor = Executor::ConstantVus(ConstantVus { vus: 10, duration: Duration::from_secs(30) });
//!     LoadTest::new("front page")
//!         .scenario(Scenario::new("visit", executor), async |user: User, it: Iteration| {
//!             let page = user.get(&it, "http://127.0.0.1:3000/").await;
//!             user.check(&it, "status is 200", page.is_ok_and(|page| page.status == 200));
//!             tokio::time::sleep(Duration::from_secs(1)).await;
//!         })
//!         .threshold("http_req_duration", "p(95)<500")
//!         .threshold("checks", "rate>0.99")
//!         .main()
//! }
//! ```
//!
//! What cannot run is an error before any load, with everything that is wrong at once:
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use loadline_harness::LoadTest;
//!
//! let error = LoadTest::new("nothing").threshold("http_reqs", "count>>1").run().await.unwrap_err();
//! assert!(error.to_string().contains("count>>1"), "{error}");
//! # });
//! ```

mod ended;
mod error;
mod load_test;
mod place;
mod print;
mod program;
mod record;
mod subject;
mod user;
mod voice;

pub use ended::Ended;
pub use error::HarnessError;
pub use load_test::LoadTest;
pub use record::{RequestTags, record_exchange};
pub use user::User;
