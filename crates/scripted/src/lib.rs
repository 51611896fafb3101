//! A script as what is run: everything from its file to a subject of the runner.
//!
//! [`Session::prepare`] compiles it, settles its options and reads its thresholds, so that all that can be wrong is
//! found before a single request goes out. [`Scripted`] runs it once: `setup()`, its scenarios, `teardown()`.

mod session;
mod setup_data;
mod source;
mod subject;

pub use session::Session;
pub use setup_data::SetupData;
pub use source::Source;
pub use subject::Scripted;
