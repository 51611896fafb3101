//! Which format a scraper gets.

use http::{HeaderMap, header};

/// A text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// What every version of Prometheus reads, and people.
    Prometheus,
    /// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
    OpenMetrics,
}

impl Format {
    /// By `Accept`: OpenMetrics when it is named with a weight that no other accepted text beats.
    pub(crate) fn of(request: &HeaderMap) -> Format {
        let mut open_metrics = 0.0_f64;
        let mut text = 0.0_f64;
        for value in request.get_all(header::ACCEPT) {
            for range in value.to_str().unwrap_or_default().split(',') {
                let mut parameters = range.split(';').map(str::trim);
                let media = parameters.next().unwrap_or_default().to_ascii_lowercase();
                let (mut weight, mut is_known) = (1.0, true);
                for parameter in parameters {
                    match parameter.split_once('=') {
                        Some(("q", value)) => weight = value.parse().unwrap_or(0.0),
                        Some(("version", value)) => {
                            is_known = matches!(value.trim_matches('"'), "1.0.0" | "0.0.1" | "0.0.4");
                        }
                        _ => {}
                    }
                }
                match media.as_str() {
                    "application/openmetrics-text" if is_known => open_metrics = open_metrics.max(weight),
                    "text/plain" | "text/*" | "*/*" => text = text.max(weight),
                    _ => {}
                }
            }
        }
        if open_metrics > 0.0 && open_metrics >= text { Format::OpenMetrics } else { Format::Prometheus }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Format::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scrapers_send() {
        for (accept, expected) in [
            ("", Format::Prometheus),
            ("*/*", Format::Prometheus),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Format::Prometheus),
            ("text/plain;version=0.0.4", Format::Prometheus),
            // Prometheus 2.42
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            // Prometheus 3
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            ("application/openmetrics-text;version=9.0.0,text/plain", Format::Prometheus),
            ("application/openmetrics-text;q=0.1,text/plain", Format::Prometheus),
            ("application/openmetrics-text;q=0", Format::Prometheus),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            assert_eq!(Format::of(&headers), expected, "{accept}");
        }
        assert_eq!(Format::of(&HeaderMap::new()), Format::Prometheus);
    }
}
