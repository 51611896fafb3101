//! Module `k6/metrics`: metrics of the script's own.

use loadline_measure::{MetricKind, RESPONSE_TIME_ASIDE, TagList, Unit};
use rquickjs::{Ctx, Exception, Value};

use super::k6::refuse_in_init;
use super::log::{Level, Source};
use super::registry::{Definition, Natives};
use super::state::vu;
use super::tags::Tags;
use crate::vm;

pub(super) const MODULE: Definition = Definition {
    name: "k6/metrics",
    exports: &["Counter", "Gauge", "Rate", "Trend"],
    script: include_str!("metrics.js"),
    natives,
};

fn natives(natives: &Natives<'_>) -> rquickjs::Result<()> {
    natives.add("define", define)?;
    natives.add("add", add)
}

/// Defines a metric; returns its number in the worker's list.
fn define(ctx: Ctx<'_>, kind: String, name: String, is_time: bool) -> rquickjs::Result<u32> {
    if vm::may_block() {
        return Err(Exception::throw_message(
            &ctx,
            "metrics must be made in init code, outside of functions, so that they are known before the test starts",
        ));
    }
    let kind = match kind.as_str() {
        "counter" => MetricKind::Counter,
        "gauge" => MetricKind::Gauge,
        "rate" => MetricKind::Rate,
        _ => MetricKind::Trend,
    };
    let unit = if is_time { Unit::Milliseconds } else { Unit::Plain };
    let vu = vu(&ctx)?;
    let process = &vu.worker.process;
    let ours = process.builtin.response_time;
    let id = if process.schema.metric(ours).name == name {
        // A name that k6 leaves to scripts, and many have a metric of it: theirs keeps it.
        process
            .schema
            .rename(ours, RESPONSE_TIME_ASIDE)
            .and_then(|()| process.schema.define(&name, kind, unit))
    } else {
        process.schema.define(&name, kind, unit)
    };
    let id = id.map_err(|error| Exception::throw_message(&ctx, &error.to_string()))?;
    let mut metrics = vu.worker.metrics.borrow_mut();
    let number = metrics.iter().position(|known| *known == id).unwrap_or_else(|| {
        metrics.push(id);
        metrics.len() - 1
    });
    Ok(number as u32)
}

/// Records a value; whether it was one.
fn add<'js>(ctx: Ctx<'js>, number: u32, value: Value<'js>, tags: Tags) -> rquickjs::Result<bool> {
    refuse_in_init(&ctx, "the method `add` of a metric")?;
    let vu = vu(&ctx)?;
    let Some(&metric) = vu.worker.metrics.borrow().get(number as usize) else { return Ok(false) };
    let sample = match value.as_bool() {
        Some(value) => Some(f64::from(u8::from(value))),
        None => value.as_number().or_else(|| {
            value.as_string().and_then(|text| text.to_string().ok()).and_then(|text| text.trim().parse().ok())
        }),
    };
    let Some(sample) = sample.filter(|sample| sample.is_finite()) else {
        let name = vu.worker.process.schema.metric(metric).name;
        let message = format!("metric `{name}` was given {}, which is not a number", shown(&value));
        if vu.worker.process.http.throw {
            return Err(Exception::throw_type(&ctx, &message));
        }
        vu.log(Level::Warn, Source::Engine, &message);
        return Ok(false);
    };
    let mut list = TagList::new();
    list.extend(tags.pairs());
    vu.record(metric, sample, list.as_slice());
    Ok(true)
}

fn shown(value: &Value<'_>) -> String {
    match value.get::<rquickjs::Coerced<String>>() {
        Ok(text) => format!("`{}`", text.0),
        Err(_) => format!("a value of type {}", value.type_name()),
    }
}
