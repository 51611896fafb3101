//! The replicas in the run of the load: what was wanted, what was ready, how busy they were, and what was predicted.

use std::sync::Arc;
use std::time::Duration;

use loadline_demo::scaled::Driven;
use loadline_measure::{
    Better, Description, FigureSpec, MetricId, MetricKind, Quantity, Recorder, Run, Schema, SchemaError,
    Subject, TagSetId, Unit,
};
use loadline_scale::drive::{Pace, Prediction};

/// Name, title, unit and panel.
const DESCRIBED: [(&str, &str, &str, &str); 5] = [
    ("replicas_wanted", "Replicas wanted", "replicas", "Replicas"),
    ("replicas_ready", "Replicas ready", "replicas", "Replicas"),
    ("replicas_predicted", "Replicas ready, as simulated", "replicas", "Replicas"),
    ("workers_busy", "Workers that are busy", "percent", "Utilisation"),
    ("requests_lost", "Requests that replicas lost", "requests", "Errors"),
];

/// Metrics of replicas, in the schema of the load's run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metrics {
    wanted: MetricId,
    ready: MetricId,
    predicted: MetricId,
    busy: MetricId,
    lost: MetricId,
}

impl Metrics {
    /// Defines them, before anything is recorded.
    pub(super) fn define(schema: &Schema) -> Result<Self, SchemaError> {
        let gauge = |name| schema.define(name, MetricKind::Gauge, Unit::Plain);
        let [wanted, ready, predicted, busy, lost] = DESCRIBED.map(|(name, ..)| name);
        Ok(Self {
            wanted: gauge(wanted)?,
            ready: gauge(ready)?,
            predicted: gauge(predicted)?,
            busy: gauge(busy)?,
            lost: schema.define(lost, MetricKind::Counter, Unit::Plain)?,
        })
    }

    /// Adds what happened to the replicas, second by second.
    pub(super) fn add(self, run: &mut Run, driven: &Driven, prediction: &Prediction, pace: Pace) {
        let describe = |(name, title, unit, panel): (&str, &str, &str, &str)| {
            (name.to_owned(), Description::new(title, unit, panel))
        };
        run.meta.descriptions.extend(DESCRIBED.map(describe));
        let most = FigureSpec::new(
            Subject::All("replicas".to_owned()),
            "replicas_wanted",
            Quantity::Max,
            Better::Lower,
        );
        run.meta.figures.0.push(most.of("replicas"));
        for event in &driven.events {
            run.meta.events.push(event.clone());
        }
        let mut recorder = Recorder::new(Arc::clone(run.schema()));
        let started_ns = run.meta.started_unix_ms.saturating_mul(1_000_000);
        let seconds = run.duration.as_secs();
        let mut points = driven.course.points.iter().peekable();
        let mut last = None;
        for second in 0..seconds {
            let end = Duration::from_secs(second + 1);
            while let Some(point) = points.next_if(|point| point.at < end) {
                last = Some(point);
            }
            recorder.set_time(started_ns.saturating_add(second as i64 * 1_000_000_000));
            if let Some(point) = last {
                recorder.record(self.wanted, f64::from(point.wanted), TagSetId::EMPTY);
                recorder.record(self.ready, f64::from(point.ready), TagSetId::EMPTY);
                if let Some(busy) = point.busy_percent {
                    recorder.record(self.busy, busy, TagSetId::EMPTY);
                }
            }
            let then = pace.policy_s(end) as usize;
            if let Some(ready) = prediction.ready.get(then.saturating_sub(1)) {
                recorder.record(self.predicted, f64::from(*ready), TagSetId::EMPTY);
            }
            if second + 1 == seconds {
                let lost = driven.requests.cut_off + driven.requests.no_replica;
                recorder.record(self.lost, lost as f64, TagSetId::EMPTY);
            }
            run.push(second, recorder.take_window());
        }
    }
}
