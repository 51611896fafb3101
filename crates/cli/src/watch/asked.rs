//! What a Prometheus says of all windows of all objectives.

use anyhow::Result;
use loadline_prometheus::Answer;
use loadline_watch::{Bounds, Part, Reads, Tally, bounds_query};

use crate::common::Prometheus;

/// Moments that one request asks for at the most; Prometheus refuses more than 11,000.
const MOST_MOMENTS: usize = 5_000;
/// Moments of all objectives together: an answer is some megabytes, however many there are.
const NUMBERS: usize = 100_000;

/// How many moments one request asks for, of so many objectives or endpoints.
pub(super) fn moments(each: usize) -> usize {
    (NUMBERS / each.max(1)).clamp(10, MOST_MOMENTS)
}

/// Asks for all that the windows reach, and for the last `reach_s` seconds. Says what the server had to say about it.
pub(super) async fn filled(
    server: &Prometheus,
    tally: &mut Tally,
    now_s: i64,
    reach_s: u64,
) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    if tally.wants_bounds(now_s) {
        warnings.extend(bounds_at(server, tally, now_s, now_s).await?);
    }
    for part in tally.plan(now_s, reach_s) {
        for ends_s in part.ends(moments(tally.objectives().len())) {
            let answers = range(server, tally, part, &ends_s).await?;
            warnings.extend(answers.iter().flat_map(|(_, answer)| answer.warnings.iter().cloned()));
            tally.take(&answers, &ends_s, part.stretch_s);
        }
    }
    warnings.sort();
    warnings.dedup();
    Ok(warnings)
}

/// Asks for the bounds that buckets have at a time, to be used from another on.
pub(super) async fn bounds_at(
    server: &Prometheus,
    tally: &mut Tally,
    at_s: i64,
    from_s: i64,
) -> Result<Vec<String>> {
    let Some(query) = bounds_query(tally.settings(), tally.objectives()) else { return Ok(Vec::new()) };
    let answer = server.moment(&query, at_s).await?;
    tally.set_bounds(Bounds::of(&answer), from_s);
    Ok(answer.warnings)
}

/// What a query says of the moments of a list, which are so many seconds apart.
pub(super) async fn range_of(
    server: &Prometheus,
    query: &str,
    moments_s: &[i64],
    step_s: u64,
) -> Result<Answer> {
    let (first, last) = (moments_s.first().copied().unwrap_or(0), moments_s.last().copied().unwrap_or(0));
    let (start, end, step) = (first.to_string(), last.to_string(), step_s.to_string());
    let parameters = [("query", query), ("start", &start), ("end", &end), ("step", &step)];
    server.read(&server.ask("query_range", &parameters).await?)
}

pub(super) async fn range(
    server: &Prometheus,
    tally: &Tally,
    part: Part,
    ends_s: &[i64],
) -> Result<Vec<(Reads, Answer)>> {
    if ends_s.is_empty() {
        return Ok(Vec::new());
    }
    let mut answers = Vec::new();
    for query in tally.queries(part.stretch_s) {
        answers.push((query.reads, range_of(server, &query.text, ends_s, part.stretch_s).await?));
    }
    Ok(answers)
}
