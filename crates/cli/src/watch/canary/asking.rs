//! What a Prometheus says of two versions.

use anyhow::Result;
use loadline_prometheus::Answer;
use loadline_verdict::{Endpoints, Gate};
use loadline_watch::canary::{CanaryReads, canary, canary_queries, pace, presence_query, versions_query};
use loadline_watch::{Objective, Settings};

use super::compared::Compared;
use super::question::Question;
use crate::common::{Prometheus, Unproven};
use crate::watch::asked::range_of;

/// Stretches that it is looked in for when both versions answered; Prometheus refuses more than 11,000.
const STRETCHES: u64 = 1_440;

/// What is compared, and by what.
pub(in crate::watch) struct Compares<'p> {
    pub(in crate::watch) settings: &'p Settings,
    pub(in crate::watch) endpoints: &'p Endpoints,
    pub(in crate::watch) objectives: &'p [Objective],
    pub(in crate::watch) gate: Gate,
    pub(in crate::watch) unproven: Unproven,
}

/// Asks a server about two versions, as of a time in seconds since 1970 UTC.
pub(super) async fn asked_of(
    server: &Prometheus,
    compares: &Compares<'_>,
    question: &Question,
    now_s: i64,
) -> Result<Compared> {
    let Compares { settings, endpoints, objectives, gate, .. } = compares;
    let (base, head, over_s) = (question.base.clone(), question.head.clone(), question.over_s);
    let at_s = now_s - now_s.rem_euclid(settings.step_s as i64);
    let names: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    let steps = over_s.div_ceil(settings.step_s).div_ceil(STRETCHES).max(1);
    let stretch_s = settings.step_s * steps;
    let stretches = (over_s / stretch_s).max(1) as i64;
    let mut warnings = Vec::new();
    let ends_s: Vec<i64> = (0..stretches).rev().map(|stretch| at_s - stretch * stretch_s as i64).collect();
    let mut there = Vec::new();
    for side in [&base, &head] {
        let query = presence_query(settings, &names, side, stretch_s);
        let answer = range_of(server, &query, &ends_s, stretch_s).await?;
        warnings.extend(answer.warnings.iter().cloned());
        there.push(answer);
    }
    let mut versions = Vec::new();
    let rounds = match pace(&there[0], &there[1], stretch_s) {
        Err(short) => {
            if !short.base || !short.head {
                let query = versions_query(settings, &names, &head.label, over_s);
                let body = server.ask("query", &[("query", &query), ("time", &at_s.to_string())]).await?;
                let answer = server.read(&body)?;
                versions
                    .extend(answer.rows.iter().filter_map(|row| row.label(&head.label)).map(str::to_owned));
            }
            Err(short)
        }
        Ok(pace) => {
            let limits: Vec<f64> = objectives.iter().filter_map(Objective::limit_ms).collect();
            let mut sides = Vec::new();
            for side in [&base, &head] {
                let mut answers: Vec<(CanaryReads, Answer)> = Vec::new();
                for query in canary_queries(settings, &names, &limits, side, pace.round_s) {
                    let answer = range_of(server, &query.text, &pace.ends_s(), pace.round_s).await?;
                    warnings.extend(answer.warnings.iter().cloned());
                    answers.push((query.reads, answer));
                }
                sides.push(answers);
            }
            Ok((pace, canary(settings, endpoints, objectives, &pace, (&sides[0], &sides[1]), gate)))
        }
    };
    warnings.sort();
    warnings.dedup();
    Ok(Compared { base, head, at_s, rounds, versions, warnings })
}
