//! A run that is told, second by second.

use std::sync::Arc;
use std::time::Duration;

use loadline_dashboard::{Channel, Dashboard, Feed};
use loadline_measure::{Builtin, EventKind, Recorder, Run, RunMeta, Schema, TagSetId};
use loadline_report::{Event, Output};
use loadline_verdict::Budgets;

/// A run, its dashboard, and what tells the one to the other.
pub(crate) struct Telling {
    pub(crate) dashboard: Dashboard,
    pub(crate) channel: Arc<Channel>,
    run: Run,
    recorder: Recorder,
    builtin: Builtin,
    feed: Option<Feed>,
}

impl Telling {
    pub(crate) fn new(name: &str) -> Self {
        let schema = Schema::new();
        let builtin = Builtin::define(&schema).unwrap();
        let channel = Channel::new();
        let dashboard = Dashboard::of_run("127.0.0.1:0".parse().unwrap(), &channel, None).unwrap();
        let run = Run::new(RunMeta { name: name.to_owned(), ..RunMeta::default() }, Arc::clone(&schema));
        let feed = Feed::new(&channel, &run.meta, &schema, &Budgets::of_run(&run).unwrap());
        Self { dashboard, channel, run, recorder: Recorder::new(schema), builtin, feed: Some(feed) }
    }

    /// Tells a second in which each of so many names was asked for once.
    pub(crate) fn second(&mut self, second: u64, names: usize) {
        for name in 0..names {
            let name = format!("/{name}");
            let tags = self.recorder.tags(TagSetId::EMPTY, &[("name", &name), ("status", "200")]);
            self.recorder.record(self.builtin.response_time, 10.0 + second as f64, tags);
            self.recorder.record(self.builtin.http_reqs, 1.0, tags);
        }
        let window = self.recorder.take_window();
        self.run.push(second, window.clone());
        let event = Event::Second { second, window: &window, run: &self.run, progress: &[] };
        self.feed.as_mut().unwrap().event(&event).unwrap();
    }

    /// Something is started again at a time.
    pub(crate) fn restarts(&mut self, second: u64, words: &str) {
        self.run.meta.events.add(Duration::from_secs(second), EventKind::Restart, words);
    }

    pub(crate) fn end(&mut self) {
        self.feed.take().unwrap().finish(&self.run, &[]).unwrap();
    }

    /// The run breaks off: nobody says how it ended.
    pub(crate) fn break_off(&mut self) {
        self.feed = None;
    }
}
