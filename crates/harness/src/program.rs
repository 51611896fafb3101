//! Many scenarios as one program: each virtual user of the engine is another [`Vu`] in each scenario that takes it.
//!
//! The engine's users are shared by scenarios that follow each other, so a user makes its [`Vu`] of a scenario when it
//! first iterates in it, and keeps it.

use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use loadline_client::Shared;
use loadline_edge::observed::Outcomes;
use loadline_load::{Iteration, IterationEnd, Program, ProgramError, Vu, VuId, Worker, WorkerContext};
use loadline_measure::Builtin;

use crate::user::User;

/// A [`Vu`] behind a pointer, whatever its type.
pub(crate) trait DynVu {
    fn iterate_boxed<'a>(&'a mut self, iteration: &'a Iteration) -> LocalBoxFuture<'a, IterationEnd>;
}

impl<V: Vu> DynVu for V {
    fn iterate_boxed<'a>(&'a mut self, iteration: &'a Iteration) -> LocalBoxFuture<'a, IterationEnd> {
        Box::pin(self.iterate(iteration))
    }
}

/// Makes a user's [`Vu`] for one scenario.
pub(crate) type MakeVu = Box<dyn Fn(User) -> Box<dyn DynVu> + Send + Sync>;

/// An asynchronous closure as a [`Vu`].
pub(crate) struct ClosureVu<F> {
    pub(crate) function: Arc<F>,
    pub(crate) user: User,
}

impl<F, R> Vu for ClosureVu<F>
where
    F: AsyncFn(User, Iteration) -> R,
    R: Into<IterationEnd>,
{
    async fn iterate(&mut self, iteration: &Iteration) -> IterationEnd {
        tokio::select! {
            biased;
            end = (self.function)(self.user.clone(), iteration.clone()) => end.into(),
            () = iteration.interrupt.wait() => IterationEnd::Interrupted,
        }
    }
}

/// All scenarios of a load test.
pub(crate) struct ScenarioProgram {
    pub(crate) makers: Arc<Vec<MakeVu>>,
    pub(crate) client: Arc<Shared>,
    pub(crate) builtin: Builtin,
    pub(crate) caches: Arc<Outcomes>,
}

pub(crate) struct ScenarioWorker {
    makers: Arc<Vec<MakeVu>>,
    client: Arc<Shared>,
    builtin: Builtin,
    caches: Arc<Outcomes>,
}

pub(crate) struct ScenarioVu {
    makers: Arc<Vec<MakeVu>>,
    user: User,
    /// By the scenario's position.
    by_scenario: Vec<Option<Box<dyn DynVu>>>,
}

impl Program for ScenarioProgram {
    type Worker = ScenarioWorker;

    fn worker(&self, _: WorkerContext) -> ScenarioWorker {
        ScenarioWorker {
            makers: Arc::clone(&self.makers),
            client: Arc::clone(&self.client),
            builtin: self.builtin,
            caches: Arc::clone(&self.caches),
        }
    }
}

impl Worker for ScenarioWorker {
    type Vu = ScenarioVu;

    async fn vu(&mut self, _: VuId) -> Result<ScenarioVu, ProgramError> {
        Ok(ScenarioVu {
            makers: Arc::clone(&self.makers),
            user: User::new(Arc::clone(&self.client), self.builtin, Arc::clone(&self.caches)),
            by_scenario: self.makers.iter().map(|_| None).collect(),
        })
    }
}

impl Vu for ScenarioVu {
    async fn iterate(&mut self, iteration: &Iteration) -> IterationEnd {
        let index = iteration.scenario.index();
        let vu = self.by_scenario[index].get_or_insert_with(|| (self.makers[index])(self.user.clone()));
        vu.iterate_boxed(iteration).await
    }
}
