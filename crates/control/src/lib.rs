//! A run steered over HTTP while it goes on.
//!
//! [`Api`] is what can be asked and what is answered, without a socket: k6's REST API under `/v1`, in its JSON:API
//! bodies, and beside it what k6 has not: the scenarios of a run, each with what can be set of it, and events that
//! people mark. [`Server`] listens for it, on loopback or with a token, for nobody but whoever asks from this machine
//! or shows it; a page that is served elsewhere may have an [`Api`] answer what is asked there. [`Board`] is an
//! output of the run that keeps what was measured so far, for whoever asks.
//!
//! Nothing that is asked holds up the run: changes are made on the thread that answers, so many in a second, and
//! workers read one value.

mod answer;
mod api;
mod asked;
mod board;
mod door;
mod pace;
mod run_form;
mod scenario_form;
mod server;
mod service;
mod setup;

pub use answer::Answer;
pub use api::Api;
pub use board::{Board, BoardOutput};
pub use server::{Server, ServerError};
pub use setup::{NoSetup, Setup};
