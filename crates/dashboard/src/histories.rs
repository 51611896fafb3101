//! A history as pages: the list of its runs, each run, and runs that go on.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use loadline_history::{History, HistoryError, Location};
use loadline_page::{ComparedDocument, Document, Links, TrendsDocument, served};
use loadline_secrets::masked;
use loadline_verdict::{Budgets, Incomplete, judge_whole};
use serde::Serialize;
use url::form_urlencoded;

use crate::channel::Channel;
use crate::follower::follow;
use crate::listed::Listed;
use crate::service::{Shown, Shows};

/// Where pages of a history lead to.
const RUN: &str = "/run/{run}";
const COMPARE: &str = "/compare?base={base}&head={head}";

/// Pages of several runs, made by whoever compares them.
pub trait Several: Send + Sync + 'static {
    /// Two runs side by side, by their numbers.
    ///
    /// # Errors
    /// Why there is no such page, in words.
    fn compared(&self, base: i64, head: i64) -> Result<ComparedDocument, String>;

    /// The figures of runs of this name, or of those like the newest.
    ///
    /// # Errors
    /// Why there is no such page, in words.
    fn trends(&self, name: Option<&str>) -> Result<TrendsDocument, String>;
}

/// A history that is shown.
#[derive(Clone)]
pub struct Histories {
    location: Location,
    several: Arc<dyn Several>,
    /// Runs that are followed, by their numbers.
    followed: Arc<Mutex<HashMap<i64, Arc<Channel>>>>,
}

impl Histories {
    /// The history at this place. It is opened for each page, for reading.
    pub fn new(location: Location, several: impl Several) -> Self {
        Self { location, several: Arc::new(several), followed: Arc::default() }
    }

    /// The channel of a run that is recorded now, followed from now on if it is not already.
    fn channel(&self, id: i64) -> Arc<Channel> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = followed.get(&id) {
            return Arc::clone(channel);
        }
        let channel = Channel::new();
        followed.insert(id, Arc::clone(&channel));
        let telling = Arc::clone(&channel);
        let tells = tokio::spawn(async move { telling.tell().await });
        let (this, followed) = (self.clone(), Arc::clone(&channel));
        tokio::spawn(async move {
            follow(this.location.clone(), id, followed).await;
            this.followed.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            tells.abort();
        });
        channel
    }

    fn run(&self, id: i64, is_events: bool) -> Result<Shown, HistoryError> {
        let mut history = History::open_readonly(&self.location)?;
        if history.is_recorded(id)? {
            let channel = self.channel(id);
            return Ok(if is_events { Shown::Events(channel) } else { Shown::Live(channel) });
        }
        if is_events {
            return Ok(Shown::Nothing("the run is over: open its page".to_owned()));
        }
        let (run, _) = history.load(id)?;
        let budgets = Budgets::of_run(&run).unwrap_or_default();
        let document = Document::of(&run, &judge_whole(&run, &budgets, Incomplete::Fails));
        Ok(page("run", &document.name, &document))
    }

    fn compared(&self, query: &str) -> Shown {
        let number = |name: &str| parameter(query, name)?.parse().ok();
        let (Some(base), Some(head)) = (number("base"), number("head")) else {
            return Shown::Nothing("name two runs: `/compare?base=7&head=8`".to_owned());
        };
        match self.several.compared(base, head) {
            Ok(document) => page("compare", &document.sides.join(" – "), &document),
            Err(why) => Shown::Nothing(why),
        }
    }

    fn trends(&self, query: &str) -> Shown {
        match self.several.trends(parameter(query, "name").as_deref()) {
            Ok(mut document) => {
                document.links = Some(Links { run: RUN.to_owned(), compare: COMPARE.to_owned() });
                page("history", &document.name, &document)
            }
            Err(why) => Shown::Nothing(why),
        }
    }

    fn list(&self) -> Result<Shown, HistoryError> {
        let mut history = History::open_readonly(&self.location)?;
        Ok(page("runs", "Runs", &Listed::of(&mut history)?))
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

fn page(kind: &str, title: &str, document: &impl Serialize) -> Shown {
    match serde_json::to_string(document) {
        Ok(json) => Shown::Page(masked(&served(kind, title, &json)).into_owned()),
        Err(error) => Shown::Failed(error.to_string()),
    }
}

impl Shows for Histories {
    fn at(&self, path: &str, query: &str) -> Pin<Box<dyn Future<Output = Shown> + Send>> {
        let this = self.clone();
        let (path, query) = (path.to_owned(), query.to_owned());
        Box::pin(async move {
            // Databases are asked on threads that may wait.
            let runtime = tokio::runtime::Handle::current();
            let shown = tokio::task::spawn_blocking(move || {
                let _within = runtime.enter();
                let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
                match parts[..] {
                    [] => this.list(),
                    ["compare"] => Ok(this.compared(&query)),
                    ["trends"] => Ok(this.trends(&query)),
                    ["run", id] | ["run", id, "events"] => match id.parse() {
                        Ok(id) => this.run(id, parts.len() == 3),
                        Err(_) => Ok(Shown::Nothing(format!("`{id}` is no run's number"))),
                    },
                    _ => Ok(Shown::Nothing("there is nothing here: the runs are at `/`".to_owned())),
                }
            });
            match shown.await {
                Ok(Ok(shown)) => shown,
                Ok(Err(error @ HistoryError::NoSuchRun { .. })) => Shown::Nothing(error.to_string()),
                Ok(Err(error)) => Shown::Failed(error.to_string()),
                Err(_) => {
                    Shown::Failed("the page could not be made: that is a mistake of Loadline's".to_owned())
                }
            }
        })
    }
}
