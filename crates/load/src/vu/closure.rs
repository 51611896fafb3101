//! A Rust closure as a program: every iteration of every virtual user is one call of it.

use std::sync::Arc;

use super::{Iteration, IterationEnd, Program, ProgramError, Vu, VuId, Worker, WorkerContext};

/// A program made by [`closure`].
#[derive(Debug)]
pub struct Closure<F>(Arc<F>);

/// Makes a program of an asynchronous closure. When an iteration is interrupted its future is dropped, so the
/// closure need not look at [`Iteration::interrupt`].
///
/// The crate's [front page](crate) has an example.
pub fn closure<F, R>(function: F) -> Arc<Closure<F>>
where
    F: Fn(Iteration) -> R + Send + Sync + 'static,
    R: Future<Output: Into<IterationEnd>>,
{
    Arc::new(Closure(Arc::new(function)))
}

impl<F> Clone for Closure<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<F, R> Program for Closure<F>
where
    F: Fn(Iteration) -> R + Send + Sync + 'static,
    R: Future<Output: Into<IterationEnd>>,
{
    type Worker = Self;

    fn worker(&self, _: WorkerContext) -> Self {
        self.clone()
    }
}

impl<F, R> Worker for Closure<F>
where
    F: Fn(Iteration) -> R + Send + Sync + 'static,
    R: Future<Output: Into<IterationEnd>>,
{
    type Vu = Self;

    async fn vu(&mut self, _: VuId) -> Result<Self, ProgramError> {
        Ok(self.clone())
    }
}

impl<F, R> Vu for Closure<F>
where
    F: Fn(Iteration) -> R + Send + Sync + 'static,
    R: Future<Output: Into<IterationEnd>>,
{
    async fn iterate(&mut self, iteration: &Iteration) -> IterationEnd {
        tokio::select! {
            biased;
            end = (self.0)(iteration.clone()) => end.into(),
            () = iteration.interrupt.wait() => IterationEnd::Interrupted,
        }
    }
}
