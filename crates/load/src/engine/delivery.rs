//! What was measured, second by second, on its way to the observer: the workers' windows, the gauges that only the hub
//! can take, and how the generator itself does.

use std::collections::VecDeque;
use std::sync::Arc;

use loadline_measure::{Recorder, TagSetId, Window};
use tokio::time::Instant;

use super::clock::Calendar;
use super::meter::{Meter, is_open};
use super::observer::{Directive, GeneratorLoad, Observer};
use super::reports::WindowReport;
use super::seconds::Seconds;
use super::shared::Shared;

/// The observer, and what it has not been given yet.
pub(super) struct Delivery<'a> {
    shared: Arc<Shared>,
    pub(super) observer: &'a mut dyn Observer,
    /// The hub's own.
    pub(super) recorder: Recorder,
    pub(super) seconds: Seconds,
    pub(super) meter: Meter,
    loads: VecDeque<GeneratorLoad>,
    /// The hub's place among those who take part in a second: behind the workers.
    hub: usize,
    started: Option<(Instant, Calendar)>,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(shared: Arc<Shared>, observer: &'a mut dyn Observer, workers: usize) -> Self {
        let mut recorder = Recorder::new(Arc::clone(&shared.settings.schema));
        if let Some(samples) = &shared.settings.samples {
            recorder.stream(samples.clone());
        }
        let open_model =
            shared.engine.scenarios.iter().any(|scenario| is_open(&scenario.definition().executor));
        Self {
            observer,
            recorder,
            seconds: Seconds::new(workers + 1),
            meter: Meter::new(workers, open_model),
            loads: VecDeque::new(),
            hub: workers,
            started: None,
            shared,
        }
    }

    /// The run starts.
    pub(super) fn begin(&mut self, start: Instant, calendar: Calendar) {
        self.started = Some((start, calendar));
        self.record_no_drops(calendar.unix_ns(start));
        self.meter.restart(start);
    }

    /// Nothing dropped is a measurement, where something can be: without it a threshold `count==0` would have no data.
    fn record_no_drops(&mut self, unix_ns: i64) {
        self.recorder.set_time(unix_ns);
        for scenario in &self.shared.engine.scenarios {
            if scenario.definition().executor.may_drop() {
                self.recorder.record(self.shared.builtin.dropped_iterations, 0.0, scenario.tags());
            }
        }
    }

    pub(super) fn add(&mut self, report: WindowReport) {
        self.seconds.add(report.worker, report.second, report.window);
    }

    /// At the end of a second: takes the gauges and the generator's own figures.
    pub(super) fn close_second(&mut self, second: u64, boundary: Instant) {
        self.record_gauges(boundary);
        let load = self.meter.read(&self.shared);
        self.meter.record(&load, &self.shared.builtin, &mut self.recorder);
        self.seconds.add(self.hub, second, self.recorder.take_window());
        self.loads.push_back(load);
    }

    pub(super) fn record_gauges(&mut self, now: Instant) {
        let engine = &self.shared.engine;
        let gauges = [
            (self.shared.builtin.vus, engine.vus_active()),
            (self.shared.builtin.vus_max, engine.vus_initialised()),
        ];
        if let Some((_, calendar)) = self.started {
            self.recorder.set_time(calendar.unix_ns(now));
        }
        for (metric, value) in gauges {
            self.recorder.record(metric, value as f64, TagSetId::EMPTY);
        }
    }

    /// Gives the seconds that everybody has reported; why the run is to end, if the observer says so.
    pub(super) fn give_complete(&mut self) -> Option<String> {
        let mut asked = None;
        while let Some((second, window)) = self.seconds.next_complete() {
            let reason = self.give(second, window);
            asked = asked.or(reason);
        }
        asked
    }

    /// Gives all seconds up to this one, whoever has reported.
    pub(super) fn give_until(&mut self, second: u64) -> Option<String> {
        let mut asked = None;
        while let Some((second, window)) = self.seconds.next_until(second) {
            let reason = self.give(second, window);
            asked = asked.or(reason);
        }
        asked
    }

    fn give(&mut self, second: u64, window: Window) -> Option<String> {
        let directive = self.observer.second(second, window, &self.shared.progress());
        if let Some(load) = self.loads.pop_front() {
            self.observer.generator(second, &load);
        }
        match directive {
            Directive::Stop(reason) => Some(reason),
            Directive::Continue => None,
        }
    }

    /// Gives what is left: whole seconds that wait for somebody, and the last, incomplete one.
    pub(super) fn give_the_rest(&mut self) -> Option<String> {
        if let Some((start, _)) = self.started {
            // No gauges: nobody runs any more, and that is not how the second was.
            let second = start.elapsed().as_secs();
            let load = self.meter.read(&self.shared);
            if load.late_starts > 0 {
                self.meter.record_late(&load, &self.shared.builtin, &mut self.recorder);
            }
            let window = self.recorder.take_window();
            if !window.is_empty() {
                self.seconds.add(self.hub, second, window);
            }
            self.loads.push_back(load);
        }
        self.seconds.last().and_then(|last| self.give_until(last))
    }
}
