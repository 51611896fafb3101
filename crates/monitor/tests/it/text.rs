//! A small reader of the text format, for asserting single values.

use http::{HeaderMap, header};
use loadline_monitor::Monitor;

/// The metrics as a scraper without wishes gets them.
pub(crate) fn scrape(monitor: &Monitor) -> String {
    let response = monitor.scrape(&HeaderMap::new());
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
    response.into_body()
}

/// The value of a series, written as in the text; `None` when it is not there.
pub(crate) fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

/// All values of a metric by the value of one label.
pub(crate) fn sum(text: &str, metric: &str, label: &str) -> f64 {
    let begins = |line: &&str| line.starts_with(&format!("{metric}{{")) && line.contains(label);
    text.lines().filter(begins).map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}
