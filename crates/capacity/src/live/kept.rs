//! A search as a Run: its answer is a figure like any other, which histories, trends, baselines and comparisons take.
//!
//! Each step stands at the second in which it began, with its load and its p95; the answer stands at the end.

use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{
    Better, ComparedFigures, FigureSpec, MetricKind, Producer, Quantity, Recorder, Run, RunEvents, RunMeta,
    Schema, SchemaError, Subject, TagSetId, ThresholdText, Unit, WorkloadId,
};

use super::evidence::Evidence;
use super::scale::Load;
use crate::search::{Answer, Known};

/// What carries the answer.
pub const CAPACITY: &str = "capacity";
/// What carries how long it took to get over a burst, in seconds.
pub const RECOVERY: &str = "capacity_recovery";
const LOW: &str = "capacity_low";
pub(super) const HIGH: &str = "capacity_high";
const STEP_LOAD: &str = "capacity_step_load";
const STEP_P95: &str = "capacity_step_p95";
/// What got through in a step, per second.
pub(super) const STEP_THROUGH: &str = "capacity_step_through";
/// How long an iteration of it took on average, in milliseconds.
pub(super) const STEP_TOOK: &str = "capacity_step_took";
/// Whether it was carried.
pub(super) const STEP_CARRIED: &str = "capacity_step_carried";

/// What is said of a search, beside what was tried.
#[derive(Clone, Copy, Debug)]
pub struct Said<'s> {
    /// What was found.
    pub answer: &'s Answer,
    /// The same in a sentence.
    pub sentence: &'s str,
    /// What was scaled.
    pub load: Load,
    /// The load that it has to carry, if one was expected.
    pub expected: Option<f64>,
}

/// The Run of a search. `of` describes a run of one of its steps.
///
/// # Errors
/// Never with a schema of its own.
pub fn kept(
    of: &RunMeta,
    (known, evidence): (&Known, &[Evidence]),
    said: &Said<'_>,
) -> Result<Run, SchemaError> {
    let Said { answer, sentence, load, expected } = *said;
    let schema = Schema::new();
    let gauge = |name: &str, unit| schema.define(name, MetricKind::Gauge, unit);
    let capacity = gauge(CAPACITY, Unit::Plain)?;
    let (low, high) = (gauge(LOW, Unit::Plain)?, gauge(HIGH, Unit::Plain)?);
    let recovery = gauge(RECOVERY, Unit::Plain)?;
    let (step_load, step_p95) = (gauge(STEP_LOAD, Unit::Plain)?, gauge(STEP_P95, Unit::Milliseconds)?);
    let (through, took) = (gauge(STEP_THROUGH, Unit::Plain)?, gauge(STEP_TOOK, Unit::Milliseconds)?);
    let carried = gauge(STEP_CARRIED, Unit::Plain)?;
    let requirements: Vec<String> =
        known.requirements.iter().map(|one| format!("{} {}", one.name, one.limit)).collect();
    let thresholds = expected.map(|expected| ThresholdText {
        selector: CAPACITY.to_owned(),
        expression: format!("value>={expected}"),
        ..ThresholdText::default()
    });
    let mut origin = of.origin.clone();
    // The same load within other budgets is another figure.
    let identity = format!("{} {}", origin.workload.identity, requirements.join(", "));
    origin.workload = WorkloadId::new(Producer::Other(CAPACITY.to_owned()), identity);
    let whole = |name: &str, quantity_name: &str, better, unit: &str| {
        FigureSpec::new(Subject::All(ALL.to_owned()), name, Quantity::Last, better)
            .called(quantity_name)
            .of(unit)
    };
    let mut meta = RunMeta {
        id: format!("{:032x}", rand::random::<u128>()),
        started_unix_ms: known.began_unix_ms.unwrap_or(of.started_unix_ms),
        origin,
        thresholds: thresholds.into_iter().collect(),
        budgets: Vec::new(),
        endpoints: Vec::new(),
        figures: ComparedFigures(vec![
            whole(CAPACITY, CAPACITY, Better::Higher, load.words()),
            whole(RECOVERY, "recovery", Better::Lower, "s"),
        ]),
        // Every step ends before its time: nobody stopped the search.
        events: RunEvents::default(),
        saturation: None,
        interrupted: known
            .steps
            .last()
            .and_then(|step| step.stopped.as_ref())
            .map(|_| "before it was over".to_owned()),
        ..of.clone()
    };
    meta.set_answer(sentence);
    let mut run = Run::new(meta, Arc::clone(&schema));
    let mut recorder = Recorder::new(schema);
    for (step, seen) in known.steps.iter().zip(evidence).filter(|(step, _)| step.purpose.tells()) {
        recorder.record(step_load, step.load, TagSetId::EMPTY);
        recorder.record(step_p95, seen.p95_ms, TagSetId::EMPTY);
        recorder.record(through, step.through_per_s, TagSetId::EMPTY);
        recorder.record(took, seen.iteration_s * 1e3, TagSetId::EMPTY);
        recorder.record(carried, f64::from(u8::from(known.call(step).is_carried())), TagSetId::EMPTY);
        run.push(step.began_s as u64, recorder.take_window());
    }
    recorder.record(capacity, answer.carries, TagSetId::EMPTY);
    if let Some((lowest, highest)) = answer.between {
        recorder.record(low, lowest, TagSetId::EMPTY);
        recorder.record(high, highest, TagSetId::EMPTY);
    }
    if let Some(after) = answer.recovery.and_then(|recovery| recovery.after_s) {
        recorder.record(recovery, after, TagSetId::EMPTY);
    }
    run.push(known.elapsed_s as u64, recorder.take_window());
    run.duration = Duration::from_secs_f64(known.elapsed_s);
    Ok(run)
}

/// What the figures are of.
const ALL: &str = "the system";
