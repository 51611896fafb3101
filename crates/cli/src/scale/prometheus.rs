//! Asks a Prometheus what came: its HTTP API's `query_range`, in parts, as one answer has at most 11,000 moments.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use loadline_prometheus::AnswerError;
use loadline_runner::{Ending, Ends, Failure};
use loadline_scale::traffic::{LONGEST_S, PrometheusRange, TrafficError};
use loadline_secrets::masked;
use loadline_verdict::escape;
use tokio::runtime::Builder;

use super::arguments::TrafficArguments;
use crate::common::Prometheus;

/// Moments that one request asks for; Prometheus refuses more than 11,000.
const MOMENTS: u64 = 10_000;

/// What it answers.
pub(super) fn asked(
    url: &str,
    query: &str,
    arguments: &TrafficArguments,
) -> Result<PrometheusRange, Failure> {
    let server = Prometheus::new(url, &arguments.headers);
    let server = server.with_context(|| format!("in `--prometheus {}`", escape(&masked(url))));
    let server = server.ends(Ending::Configuration)?;
    let (step_s, last_s) = steps(arguments).ends(Ending::Configuration)?;
    let until_s = arguments.until.unwrap_or_else(Timestamp::now).as_second();
    // Whole steps, so that the parts fit together.
    let until_s = until_s - until_s.rem_euclid(step_s as i64);
    let runtime = Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let mut range = PrometheusRange::default();
    let mut from_s = until_s - last_s as i64;
    while from_s < until_s {
        let to_s = (from_s + ((MOMENTS - 1) * step_s) as i64).min(until_s);
        let (start, end, step) = (from_s.to_string(), to_s.to_string(), step_s.to_string());
        let parameters = [("query", query), ("start", &start), ("end", &end), ("step", &step)];
        // Who is not there, or in trouble, is no mistake in what was typed.
        let body = runtime.block_on(server.ask("query_range", &parameters)).ends(Ending::CouldNotRun)?;
        let added = range.add(&body);
        let ending = match &added {
            Err(TrafficError::NoAnswer(AnswerError::InTrouble(_))) => Ending::CouldNotRun,
            _ => Ending::Configuration,
        };
        added.with_context(|| format!("cannot use what `{}` answers", server.shown)).ends(ending)?;
        from_s = to_s + step_s as i64;
    }
    Ok(range)
}

/// A step, and all of the time, in seconds.
fn steps(arguments: &TrafficArguments) -> Result<(u64, u64)> {
    let (step_s, last_s) = (arguments.step.as_secs(), arguments.last.as_secs());
    if step_s == 0 || arguments.step.subsec_nanos() > 0 || last_s < step_s {
        bail!("`--step` is in whole seconds, one at least, and `--last` no shorter than it");
    }
    if last_s > LONGEST_S as u64 {
        bail!("`--last` is longer than a year, which is the most that can be simulated");
    }
    Ok((step_s, last_s))
}
