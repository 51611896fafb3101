//! Asks a Prometheus what came: its HTTP API's `query_range`, in parts, as one answer has at most 11,000 moments.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::HeaderMap;
use jiff::Timestamp;
use loadline_client::{Client, ClientConfig, Request, Shared, parse_url};
use loadline_scale::traffic::{LONGEST_S, PrometheusRange};
use loadline_secrets::masked;
use loadline_verdict::escape;
use tokio::runtime::Builder;
use url::Url;

use super::arguments::TrafficArguments;

/// Moments that one request asks for; Prometheus refuses more than 11,000.
const MOMENTS: u64 = 10_000;
/// A query that takes longer is too much for it.
const TIMEOUT: Duration = Duration::from_mins(1);

/// What it answers.
pub(super) fn asked(url: &str, query: &str, arguments: &TrafficArguments) -> Result<PrometheusRange> {
    let base = parse_url(url).with_context(|| format!("in `--prometheus {}`", escape(&masked(url))))?;
    let shown = escape(&masked(url)).to_string();
    let (step_s, last_s) = (arguments.step.as_secs(), arguments.last.as_secs());
    if step_s == 0 || arguments.step.subsec_nanos() > 0 || last_s < step_s {
        bail!("`--step` is in whole seconds, one at least, and `--last` no shorter than it");
    }
    if last_s > LONGEST_S as u64 {
        bail!("`--last` is longer than a year, which is the most that can be simulated");
    }
    let until_s = arguments.until.unwrap_or_else(Timestamp::now).as_second();
    // Whole steps, so that the parts fit together.
    let until_s = until_s - until_s.rem_euclid(step_s as i64);
    let mut headers = HeaderMap::new();
    for header in &arguments.headers {
        headers.append(header.name.clone(), header.value.clone());
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let client = Client::new(Shared::new(ClientConfig::default())?);
    let mut range = PrometheusRange::default();
    let mut from_s = until_s - last_s as i64;
    while from_s < until_s {
        let to_s = (from_s + ((MOMENTS - 1) * step_s) as i64).min(until_s);
        let url = part(&base, query, (from_s, to_s), step_s)?;
        let request = Request { timeout: TIMEOUT, headers: headers.clone(), ..Request::get(url) };
        let body = runtime.block_on(async {
            let exchange = client.send(request, None).await;
            exchange.last().outcome.as_ref().map(|response| response.body.clone()).map_err(Clone::clone)
        });
        let body = body.with_context(|| format!("cannot ask `{shown}`"))?;
        range.add(&body).with_context(|| format!("cannot use what `{shown}` answers"))?;
        from_s = to_s + step_s as i64;
    }
    Ok(range)
}

/// The address of a part of the range, under whatever path Prometheus is served.
fn part(base: &Url, query: &str, (from_s, to_s): (i64, i64), step_s: u64) -> Result<Url> {
    let mut url = base.clone();
    url.path_segments_mut().ok().context("the address of Prometheus has no path")?.pop_if_empty().extend([
        "api",
        "v1",
        "query_range",
    ]);
    url.query_pairs_mut()
        .append_pair("query", query)
        .append_pair("start", &from_s.to_string())
        .append_pair("end", &to_s.to_string())
        .append_pair("step", &step_s.to_string());
    Ok(url)
}
