//! Samples resources on a thread of its own, once a second or as told, while the scenarios run.
//!
//! A thread, so that a slow `/proc` or a hanging endpoint delays neither the hub nor the workers, and so that its own
//! rhythm does not suffer from a busy hub. It owns a recorder like any worker; the hub takes its window with each
//! second. A scrape that fails leaves a gap: it is counted, told once, and never ends a run.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::future::join_all;
use loadline_client::{Client, Shared};
use loadline_load::thread_with_loop;
use loadline_measure::{Builtin, MetricId, Recorder, Sample, Schema, TagSetId, Window};
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::{Interval, MissedTickBehavior, interval};
use url::Url;

use super::looks::Looks;
use super::process::Process;
use super::scrape::scrape;
use super::settings::{GENERATOR, SamplingSettings, define_scraped};
use crate::failure::Cause;
use crate::samples::Panicked;
use crate::voice::Voice;

/// Samples until it is finished.
pub(crate) struct Sampler {
    recorder: Arc<Mutex<Recorder>>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Sampler {
    /// Starts it. `samples` gets every value raw, if somebody wants them.
    pub(crate) fn start(
        settings: &SamplingSettings,
        schema: &Arc<Schema>,
        client: Arc<Shared>,
        samples: Option<SyncSender<Vec<Sample>>>,
        voice: Arc<dyn Voice>,
    ) -> Result<Self, Cause> {
        let mut recorder = Recorder::new(Arc::clone(schema));
        if let Some(samples) = samples {
            recorder.stream(samples);
        }
        let recorder = Arc::new(Mutex::new(recorder));
        let builtin = Builtin::define(schema)?;
        if !settings.targets.is_empty() {
            // Whose options cannot name them has not defined them yet.
            define_scraped(schema, &settings.metrics)?;
        }
        let metrics =
            settings.metrics.iter().filter_map(|name| Some((name.clone(), schema.find(name)?))).collect();
        let sampling = Sampling {
            builtin,
            metrics,
            interval: settings.interval,
            recorder: Arc::clone(&recorder),
            voice,
        };
        let (stop, stopped) = oneshot::channel();
        let (processes, targets) = (settings.processes.clone(), settings.targets.clone());
        let thread = thread_with_loop("sampler".to_owned(), move |runtime| {
            let client = Client::aside(client);
            let all = async {
                tokio::select! {
                    _ = stopped => {}
                    () = sampling.follow_processes(&processes) => {}
                    _ = join_all(targets.iter().map(|(name, url)| sampling.follow(name, url, &client))) , if !targets.is_empty() => {}
                }
            };
            LocalSet::new().block_on(&runtime, all);
        });
        Ok(Self {
            recorder,
            stop,
            thread: thread
                .map_err(|error| format!("cannot start the thread that samples resources: {error}"))?,
        })
    }

    /// What was sampled since the last time.
    pub(crate) fn take_window(&self) -> Window {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner).take_window()
    }

    /// Ends it, whatever it waits for. What was sampled last, and how many raw samples found no room.
    pub(crate) fn finish(self) -> Result<(Window, u64), Panicked> {
        // It may be over by itself.
        let _ = self.stop.send(());
        self.thread.join().map_err(|_| Panicked("the thread that samples resources panicked"))?;
        let mut recorder = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        let window = recorder.take_window();
        Ok((window, recorder.end_stream()))
    }
}

/// What all that is sampled shares.
struct Sampling {
    builtin: Builtin,
    metrics: Vec<(String, MetricId)>,
    interval: Duration,
    recorder: Arc<Mutex<Recorder>>,
    voice: Arc<dyn Voice>,
}

impl Sampling {
    fn ticks(&self) -> Interval {
        let mut ticks = interval(self.interval);
        // One that comes late is one, not several.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        ticks
    }

    fn record_bare(&self, metric: MetricId, value: f64) {
        let mut recorder = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        recorder.set_time(loadline_measure::unix_ns());
        recorder.record(metric, value, TagSetId::EMPTY);
    }

    fn record(&self, metric: MetricId, tag: (&str, &str), value: f64) {
        let mut recorder = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        recorder.set_time(loadline_measure::unix_ns());
        let tags = recorder.tags(TagSetId::EMPTY, &[tag]);
        recorder.record(metric, value, tags);
    }

    /// This process, and others until they end.
    async fn follow_processes(&self, others: &[(String, Process)]) {
        let own = Process::open(std::process::id()).map(|own| (GENERATOR.to_owned(), own));
        let mut alive: Vec<&(String, Process)> = own.iter().chain(others).collect();
        let mut ticks = self.ticks();
        let mut looks = Looks::default();
        loop {
            ticks.tick().await;
            if let Some(busy) = looks.machine() {
                self.record_bare(self.builtin.machine_cpu, busy);
            }
            // The generator has a metric of its own for its cores.
            for (name, process) in alive.iter().filter(|(name, _)| name != GENERATOR) {
                if let Some(cores) = looks.process(name, process) {
                    self.record(self.builtin.process_cpu, ("process", name), cores);
                }
            }
            alive.retain(|(name, process)| {
                let bytes = process.resident_bytes();
                match bytes {
                    Some(bytes) => self.record(self.builtin.process_memory, ("process", name), bytes as f64),
                    // It is here: it has no descriptor left to look with, which leaves a gap.
                    None if name == GENERATOR => {}
                    None => self
                        .voice
                        .warn(&format!("the process `{name}` has ended: its memory is sampled no more")),
                }
                bytes.is_some() || name == GENERATOR
            });
        }
    }

    /// One endpoint.
    async fn follow(&self, name: &str, url: &Url, client: &Client) {
        let mut ticks = self.ticks();
        let (mut told_failure, mut told_answer) = (false, false);
        loop {
            ticks.tick().await;
            let answer = scrape(client, (name, url), &self.metrics, &self.recorder).await;
            self.record(self.builtin.scrape_failures, ("target", name), f64::from(u8::from(answer.is_err())));
            match answer {
                Ok(scraped) if !told_answer => {
                    told_answer = true;
                    self.tell_missing(name, &scraped.found);
                    if scraped.left_out > 0 {
                        self.voice.warn(&format!(
                            "`{name}` has {} series too many of the metrics wanted; they are left out",
                            scraped.left_out
                        ));
                    }
                }
                Err(problem) if !told_failure => {
                    told_failure = true;
                    self.voice.warn(&format!(
                        "cannot scrape `{name}`: {problem}\nits samples have a gap; `scrape_failures` counts how often"
                    ));
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// Says which metrics that were asked for by name are not there.
    fn tell_missing(&self, target: &str, found: &[bool]) {
        let asked = self.metrics.iter().zip(found).skip(super::SCRAPED_BY_DEFAULT.len());
        for ((metric, _), _) in asked.filter(|(_, found)| !**found) {
            self.voice.warn(&format!("`{target}` has no metric `{metric}`"));
        }
    }
}
