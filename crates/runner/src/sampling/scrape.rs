//! One scrape: an HTTP request, its answer read, the wanted series recorded.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use loadline_client::{Client, Failure, Request};
use loadline_measure::{MetricId, Recorder, TagSetId, unix_ns};
use loadline_prometheus::{FormatError, Sample, samples};
use url::Url;

/// An endpoint that takes longer has failed, and leaves a gap.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Series of one endpoint that are recorded; a metric with an identifier among its labels must not fill the Run.
const MOST_SERIES: usize = 500;

/// What a scrape found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Scraped {
    /// Which of the wanted metrics were there, by position.
    pub(super) found: Vec<bool>,
    /// Series that were left out because there were too many.
    pub(super) left_out: usize,
}

/// Why a scrape brought nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScrapeError {
    /// There was no answer.
    #[error(transparent)]
    Request(#[from] Failure),
    /// It was one of an error.
    #[error("the answer was {0}")]
    Status(String),
    /// It was no text.
    #[error("the answer is not UTF-8")]
    Encoding,
    /// It was another text.
    #[error(transparent)]
    Format(#[from] FormatError),
}

/// Asks once.
pub(super) async fn scrape(
    client: &Client,
    (target, url): (&str, &Url),
    metrics: &[(String, MetricId)],
    recorder: &Mutex<Recorder>,
) -> Result<Scraped, ScrapeError> {
    let request = Request { timeout: TIMEOUT, ..Request::get(url.clone()) };
    let exchange = client.send(request, None).await;
    let response = exchange.last().outcome.as_ref().map_err(Clone::clone)?;
    if response.status != 200 {
        return Err(ScrapeError::Status(response.status_text()));
    }
    let text = std::str::from_utf8(&response.body).map_err(|_| ScrapeError::Encoding)?;
    // All of it is read before any of it is recorded: half an answer is none.
    let all: Vec<Sample<'_>> = samples(text).collect::<Result<_, _>>()?;
    Ok(record(&all, target, metrics, recorder))
}

fn record(
    all: &[Sample<'_>],
    target: &str,
    metrics: &[(String, MetricId)],
    recorder: &Mutex<Recorder>,
) -> Scraped {
    let mut scraped = Scraped { found: vec![false; metrics.len()], left_out: 0 };
    let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
    recorder.set_time(unix_ns());
    let mut recorded = 0;
    for sample in all {
        let Some(position) = metrics.iter().position(|(name, _)| name == sample.name) else { continue };
        scraped.found[position] = true;
        if recorded == MOST_SERIES {
            scraped.left_out += 1;
            continue;
        }
        let mut pairs: Vec<(&str, &str)> = Vec::with_capacity(sample.labels.len() + 1);
        for (label, value) in &sample.labels {
            // Prometheus's own rule for labels that it adds itself.
            pairs.push((if *label == "target" { "exported_target" } else { label }, value));
        }
        pairs.push(("target", target));
        let tags = recorder.tags(TagSetId::EMPTY, &pairs);
        recorder.record(metrics[position].1, sample.value, tags);
        recorded += 1;
    }
    scraped
}
