//! Spans over the network: an OTLP endpoint for the time of a run, and questions to Jaeger and Tempo after it.

mod answer;
mod asking;
mod following;
mod grpc;
mod incoming;
mod receiver;
mod sample;
mod traces;
mod wanted;

pub use self::following::{Explains, Followed, is_longer};
pub use self::sample::{Sample, SampleError};
pub use self::traces::{Traces, TracesError};
pub use self::wanted::{DEFAULT_ADDRESS, Wanted, WantedError};
