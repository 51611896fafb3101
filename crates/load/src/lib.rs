//! The load engine: what starts when, on which worker, and when it ends.
//!
//! A [`Plan`] says what is to happen, in scenarios whose [`Executor`]s start iterations: a number of them, as many as
//! some virtual users manage, or so many per second whether the system keeps up or not. A [`Program`] is what an
//! iteration does: a script, or a Rust [`closure`]. [`run`] brings the two together on one event loop per core, and
//! tells an [`Observer`] every second what was measured.
//!
//! ```
//! use std::time::Duration;
//! use loadline_load::{
//!     ConstantArrivalRate, Control, Directive, Executor, Observer, Plan, Scenario, Settings, closure, run,
//! };
//! use loadline_measure::{MetricKind, ScenarioProgress, Schema, Unit, Window};
//!
//! /// Merges what it is told.
//! #[derive(Default)]
//! struct Total(Window);
//!
//! impl Observer for Total {
//!     fn second(&mut self, _: u64, window: Window, _: &[ScenarioProgress]) -> Directive {
//!         self.0.merge(window);
//!         Directive::Continue
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let schema = Schema::new();
//! let latency = schema.define("search_latency", MetricKind::Trend, Unit::Milliseconds)?;
//! let searches = closure(move |it| async move {
//!     let begun = tokio::time::Instant::now();
//!     tokio::time::sleep(Duration::from_millis(5)).await; // the request
//!     it.record(latency, begun.elapsed().as_secs_f64() * 1e3, &[("page", "search")]);
//! });
//! let plan = Plan::of(Scenario::new(
//!     "search",
//!     Executor::ConstantArrivalRate(ConstantArrivalRate {
//!         rate: 100,
//!         time_unit: Duration::from_secs(1),
//!         duration: Duration::from_millis(200),
//!         pre_allocated_vus: 20,
//!         max_vus: 20,
//!     }),
//! ));
//! let mut total = Total::default();
//! let outcome = run(plan, searches, Settings::new(schema), Control::new(), &mut total).await?;
//! assert_eq!(outcome.scenarios[0].started + outcome.scenarios[0].dropped, 20);
//! # Ok(())
//! # }
//! ```
//!
//! A plan that cannot run says everything that is wrong with it at once:
//!
//! ```
//! # use std::time::Duration;
//! # use loadline_load::{Executor, Plan, Scenario, SharedIterations};
//! let executor = SharedIterations { vus: 10, iterations: 5, max_duration: Duration::ZERO };
//! let error = Plan::of(Scenario::new("checkout", Executor::SharedIterations(executor))).check().unwrap_err();
//! assert_eq!(error.problems.len(), 2);
//! assert!(error.to_string().starts_with("scenario `checkout`, `iterations`: `5` iterations are fewer than `10` VUs"));
//! ```
//!
//! # What is counted
//! The engine records `iterations`, `iteration_duration`, `dropped_iterations` and, for open models, `iteration_lag`
//! (the time from the scheduled to the real start), each with the scenario's tags, and `vus` and `vus_max` every
//! second. An interrupted iteration counts as interrupted only. What a plan scheduled and never started is dropped for
//! a [`DropCause`], which is a tag, so that `completed + interrupted + dropped = scheduled`, however the run ends; a
//! run that does not add up is an error, [`EngineError::Unaccounted`]. Where iterations can be dropped and none was,
//! `dropped_iterations` is 0 and not missing.

mod engine;
mod executor;
mod pacer;
mod plan;
mod segment;
mod steered_schedule;
mod stripe;
mod table;
mod vu;

pub use engine::{
    Change, Control, Deed, Directive, DropCause, Dropped, EngineError, EngineState, GeneratorLoad, Observer,
    Outcome, RunStatus, ScenarioState, ScenarioStatus, Setting, Settings, Standing, SteerError, Steered,
    Stuck, Unaccounted, Why, run, run_local, thread_with_loop,
};
pub use executor::{
    ConstantArrivalRate, ConstantVus, Executor, ExternallyControlled, PerVuIterations, PlannedSchedule,
    RampingArrivalRate, RampingVus, SharedIterations, SlotAction,
};
pub use pacer::{Pace, Pacer, Schedule};
pub use plan::{Plan, PlanError, Problem, Scenario, Stage};
pub use segment::{Segment, Share};
pub use steered_schedule::{Rate, SteeredSchedule};
pub use stripe::Stripe;
pub use table::{Step, VuTable};
pub use vu::{
    Closure, Interrupt, Iteration, IterationEnd, Program, ProgramError, Vu, VuId, Worker, WorkerContext,
    closure,
};
