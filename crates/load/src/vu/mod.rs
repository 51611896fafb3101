//! What the engine runs: programs, workers, virtual users, iterations, and the way to interrupt them.

mod closure;
mod interrupt;
mod iteration;
mod program;

pub use closure::{Closure, closure};
pub use interrupt::Interrupt;
pub use iteration::{Iteration, IterationEnd, VuId};
pub use program::{Program, ProgramError, Vu, Worker, WorkerContext};
