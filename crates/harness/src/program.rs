//! Many scenarios as one program: each virtual user of the engine is a different actor in each scenario that takes it.
//!
//! The engine's users are shared by scenarios that follow each other, so a user makes its actor for a scenario when it
//! first plays in it, and keeps it.

use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use loadline_client::Shared;
use loadline_load::{Iteration, IterationEnd, Program, ProgramError, Vu, VuId, Worker, WorkerContext};
use loadline_measure::Builtin;

use crate::user::User;

/// A [`Vu`] behind a pointer, whatever its type.
pub(crate) trait Actor {
    fn play<'a>(&'a mut self, iteration: &'a Iteration) -> LocalBoxFuture<'a, IterationEnd>;
}

impl<V: Vu> Actor for V {
    fn play<'a>(&'a mut self, iteration: &'a Iteration) -> LocalBoxFuture<'a, IterationEnd> {
        Box::pin(self.iterate(iteration))
    }
}

/// Makes a user's actor for one scenario.
pub(crate) type Casting = Box<dyn Fn(User) -> Box<dyn Actor> + Send + Sync>;

/// An asynchronous closure as an actor.
pub(crate) struct Improviser<F> {
    pub(crate) function: Arc<F>,
    pub(crate) user: User,
}

impl<F, R> Vu for Improviser<F>
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
pub(crate) struct Troupe {
    pub(crate) castings: Arc<Vec<Casting>>,
    pub(crate) client: Arc<Shared>,
    pub(crate) builtin: Builtin,
}

pub(crate) struct TroupeWorker {
    castings: Arc<Vec<Casting>>,
    client: Arc<Shared>,
    builtin: Builtin,
}

pub(crate) struct Member {
    castings: Arc<Vec<Casting>>,
    user: User,
    /// By the scenario's position.
    actors: Vec<Option<Box<dyn Actor>>>,
}

impl Program for Troupe {
    type Worker = TroupeWorker;

    fn worker(&self, _: WorkerContext) -> TroupeWorker {
        TroupeWorker {
            castings: Arc::clone(&self.castings),
            client: Arc::clone(&self.client),
            builtin: self.builtin,
        }
    }
}

impl Worker for TroupeWorker {
    type Vu = Member;

    async fn vu(&mut self, _: VuId) -> Result<Member, ProgramError> {
        Ok(Member {
            castings: Arc::clone(&self.castings),
            user: User::new(Arc::clone(&self.client), self.builtin),
            actors: self.castings.iter().map(|_| None).collect(),
        })
    }
}

impl Vu for Member {
    async fn iterate(&mut self, iteration: &Iteration) -> IterationEnd {
        let index = iteration.scenario.index();
        let actor = self.actors[index].get_or_insert_with(|| (self.castings[index])(self.user.clone()));
        actor.play(iteration).await
    }
}
