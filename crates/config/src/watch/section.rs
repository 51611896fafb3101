//! `[watch]`: where production's counters are, what they are called, and when a budget burns too fast.

use loadline_tables::{Table, Wrong, inside};
use loadline_verdict::{Endpoints, Problem};
use loadline_watch::{BurnWindow, Names, Settings, Severity, Unit};
use toml::Spanned;
use toml::de::DeValue;

use super::alerts;
use super::texts::{LONGEST_S, seconds, severity};

const KEYS: [&str; 10] = [
    "prometheus",
    "scrape",
    "metrics",
    "version",
    "labels",
    "endpoints",
    "failed",
    "step",
    "min_requests",
    "windows",
];

pub(crate) fn read(table: &Table<'_>, endpoints: &Endpoints, wrong: &mut Wrong) -> Settings {
    table.only(&[&KEYS[..], &alerts::KEYS[..]].concat(), wrong);
    let mut settings = Settings::default();
    if let Some(url) = table.text("prometheus", wrong) {
        if !(url.text.starts_with("http://") || url.text.starts_with("https://")) {
            wrong.add(|| Problem {
                hint: Some("write it like `http://prometheus.test:9090`".to_owned()),
                ..table.source.problem(url.span.clone(), "`prometheus` of [watch] is not an http address")
            });
        }
        settings.prometheus = Some(url.text);
    }
    settings.scrape = scrape(table, settings.prometheus.is_some(), wrong);
    if let Some(value) = table.entries.get("metrics") {
        settings.names = names(table, value, wrong);
    }
    if let Some(version) = table.text("version", wrong) {
        if !is_label(&version.text) {
            let message = format!("`{}` is not the name of a label", version.text);
            wrong.add(|| table.source.problem(version.span.clone(), message));
        }
        settings.version = Some(version.text);
    }
    settings.labels = pairs(table, "labels", wrong, |label| {
        is_label(label).then_some(()).ok_or_else(|| format!("`{label}` is not the name of a label"))
    });
    settings.endpoints = pairs(table, "endpoints", wrong, |name| {
        endpoints.contains(name).then_some(()).ok_or_else(|| format!("there is no endpoint `{name}`"))
    });
    if let Some(failed) = table.text("failed", wrong) {
        settings.failed = failed.text;
    }
    if let Some(step_s) = seconds(table, "step", wrong) {
        settings.step_s = step_s;
    }
    if let Some(least) = table.count("min_requests", 1, wrong) {
        settings.min_requests = least;
    }
    if let Some(value) = table.entries.get("windows") {
        settings.windows = windows(table, value, settings.step_s, wrong);
    }
    alerts::read(table, endpoints, &mut settings, wrong);
    settings
}

/// Services that are asked themselves.
fn scrape(table: &Table<'_>, has_prometheus: bool, wrong: &mut Wrong) -> Vec<String> {
    let urls = table.texts("scrape", wrong);
    let Some(value) = table.entries.get("scrape") else { return urls };
    if has_prometheus {
        let message = "[watch] has both `prometheus` and `scrape`: counters come from one or the other";
        wrong.add(|| table.source.problem(value.span(), message));
    }
    if urls.iter().any(|url| !(url.starts_with("http://") || url.starts_with("https://"))) {
        wrong.add(|| Problem {
            hint: Some(
                "write it like `[\"http://shop-1.test:9464/metrics\"]`, one for each replica".to_owned(),
            ),
            ..table.source.problem(inside(value), "`scrape` of [watch] has what is no http address")
        });
    }
    urls
}

/// What metrics are called: a convention by its name, or a table.
fn names(table: &Table<'_>, value: &Spanned<DeValue<'_>>, wrong: &mut Wrong) -> Names {
    match value.get_ref() {
        DeValue::String(name) if name == "story" => Names::story(),
        DeValue::String(name) if name == "opentelemetry" => Names::opentelemetry(),
        DeValue::Table(entries) => {
            let inner = Table { source: table.source, name: "`metrics` of [watch]", entries };
            inner.only(&["histogram", "unit", "native", "endpoint", "method", "status"], wrong);
            let mut names = Names { load_test: None, ..Names::story() };
            let text = |key: &str, wrong: &mut Wrong, is_right: fn(&str) -> bool, what: &str| {
                let text = inner.text(key, wrong)?;
                if !is_right(&text.text) {
                    let message = format!("`{}` is not the name of a {what}", text.text);
                    wrong.add(|| table.source.problem(text.span.clone(), message));
                }
                Some(text.text)
            };
            match text("histogram", wrong, is_metric, "metric") {
                Some(histogram) => {
                    histogram.trim_end_matches("_bucket").clone_into(&mut names.histogram);
                }
                None => wrong.add(|| {
                    inner.source.problem(
                        value.span(),
                        "`metrics` of [watch] needs the name of a `histogram`: `{ histogram = \"http_request_duration_seconds\", endpoint = \"handler\" }`",
                    )
                }),
            }
            names.unit = if names.histogram.ends_with("_ms") || names.histogram.ends_with("_milliseconds") {
                Unit::Milliseconds
            } else {
                Unit::Seconds
            };
            if let Some(unit) = inner.text("unit", wrong) {
                match unit.text.as_str() {
                    "s" => names.unit = Unit::Seconds,
                    "ms" => names.unit = Unit::Milliseconds,
                    _ => wrong.add(|| {
                        table.source.problem(unit.span.clone(), "`unit` of a histogram is `s` or `ms`")
                    }),
                }
            }
            names.native = inner.switch("native", wrong);
            if let Some(label) = text("endpoint", wrong, is_label, "label") {
                names.endpoint = label;
            }
            names.method = text("method", wrong, is_label, "label");
            if let Some(label) = text("status", wrong, is_label, "label") {
                names.status = label;
            }
            names
        }
        _ => {
            wrong.add(|| {
                table.kind(value, "metrics", "`\"story\"`, `\"opentelemetry\"`, or a table of names")
            });
            Names::story()
        }
    }
}

fn windows(
    table: &Table<'_>,
    value: &Spanned<DeValue<'_>>,
    step_s: u64,
    wrong: &mut Wrong,
) -> Vec<BurnWindow> {
    const EXAMPLE: &str =
        "a list such as `[{ long = \"1h\", short = \"5m\", burn = 14.4, severity = \"page\" }]`";
    let DeValue::Array(all) = value.get_ref() else {
        wrong.add(|| table.kind(value, "windows", EXAMPLE));
        return Vec::new();
    };
    let mut windows = Vec::new();
    for one in all {
        let DeValue::Table(entries) = one.get_ref() else {
            wrong.add(|| table.kind(one, "windows", EXAMPLE));
            continue;
        };
        let inner = Table { source: table.source, name: "a window of [watch]", entries };
        inner.only(&["long", "short", "burn", "severity"], wrong);
        let (long, short) = (seconds(&inner, "long", wrong), seconds(&inner, "short", wrong));
        let factor = inner.entries.get("burn").and_then(|value| number(value.get_ref()));
        let severity = match inner.text("severity", wrong) {
            None => Some(Severity::Page),
            Some(text) => severity(&inner, &text, wrong),
        };
        let (Some(long_s), Some(short_s), Some(factor)) = (long, short, factor) else {
            let message = "a window of [watch] needs `long`, `short` and `burn`, a number above 0";
            wrong.add(|| table.source.problem(one.span(), message));
            continue;
        };
        if short_s > long_s || short_s < step_s || long_s > LONGEST_S {
            let message =
                "a window's `short` is at least `step` and at most `long`, and `long` is at most 30 days";
            wrong.add(|| table.source.problem(one.span(), message));
        }
        windows.extend(severity.map(|severity| BurnWindow { long_s, short_s, factor, severity }));
    }
    if all.is_empty() {
        wrong.add(|| table.source.problem(value.span(), "without any window, no budget ever burns"));
    }
    windows
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    let number = match value {
        DeValue::Integer(number) => number.as_str().parse().ok()?,
        DeValue::Float(number) => number.as_str().parse::<f64>().ok()?,
        _ => return None,
    };
    (number.is_finite() && number > 0.0).then_some(number)
}

/// A table of texts.
fn pairs(
    table: &Table<'_>,
    key: &str,
    wrong: &mut Wrong,
    is_right: impl Fn(&str) -> Result<(), String>,
) -> Vec<(String, String)> {
    let Some(value) = table.entries.get(key) else { return Vec::new() };
    let DeValue::Table(entries) = value.get_ref() else {
        wrong.add(|| table.kind(value, key, "a table of names and texts"));
        return Vec::new();
    };
    let mut pairs = Vec::new();
    for (name, value) in entries {
        if let Err(message) = is_right(name.get_ref()) {
            wrong.add(|| table.source.problem(name.span(), message));
        }
        match value.get_ref() {
            DeValue::String(text) => {
                pairs.push((name.get_ref().clone().into_owned(), text.clone().into_owned()));
            }
            _ => wrong.add(|| {
                table.source.problem(inside(value), format!("`{}` takes a text in quotes", name.get_ref()))
            }),
        }
    }
    pairs
}

/// Source: <https://prometheus.io/docs/concepts/data_model/>.
fn is_metric(name: &str) -> bool {
    is_name(name, |byte| byte == b'_' || byte == b':')
}

fn is_label(name: &str) -> bool {
    is_name(name, |byte| byte == b'_')
}

fn is_name(name: &str, other: impl Fn(u8) -> bool) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || other(byte))
}

#[cfg(test)]
mod tests {
    use crate::project::Project;
    use loadline_watch::{Names, Severity, Unit, WORKBOOK};

    #[test]
    fn everything_can_be_said() {
        let text = r#"
            [endpoints]
            "auth.login" = "POST /login"
            [watch]
            prometheus = "http://127.0.0.1:9090"
            metrics = { histogram = "shop_latency_bucket", unit = "ms", endpoint = "handler", status = "code" }
            labels = { job = "shop" }
            endpoints = { "auth.login" = "login" }
            failed = "[45].."
            step = "30s"
            min_requests = 20
            windows = [{ long = "10m", short = "1m", burn = 10 }, { long = "1d", short = "1h", burn = 1.5, severity = "ticket" }]
        "#;
        let watch = Project::parse("loadline.toml", text).unwrap().watch;
        assert_eq!((watch.names.histogram.as_str(), watch.names.unit), ("shop_latency", Unit::Milliseconds));
        assert_eq!((watch.names.endpoint.as_str(), watch.names.status.as_str()), ("handler", "code"));
        assert_eq!(watch.labels, [("job".to_owned(), "shop".to_owned())]);
        assert_eq!(watch.endpoints, [("auth.login".to_owned(), "login".to_owned())]);
        assert_eq!((watch.step_s, watch.min_requests, watch.failed.as_str()), (30, 20, "[45].."));
        assert_eq!((watch.windows[0].long_s, watch.windows[0].severity), (600, Severity::Page));
        assert_eq!((watch.windows[1].factor, watch.windows[1].severity), (1.5, Severity::Ticket));
        let text = "[watch]\nmetrics = \"opentelemetry\"\nscrape = \"http://a.test/metrics\"\n";
        let watch = Project::parse("loadline.toml", text).unwrap().watch;
        assert_eq!(watch.scrape, ["http://a.test/metrics"]);
        assert_eq!((watch.names, watch.windows), (Names::opentelemetry(), WORKBOOK.to_vec()));
    }

    #[test]
    fn mistakes_have_their_line() {
        for (text, words) in [
            ("prometheus = \"9090\"", "not an http address"),
            ("scrape = [\"shop:9464\"]", "is no http address"),
            ("prometheus = \"http://a.test\"\nscrape = [\"http://b.test\"]", "one or the other"),
            ("metrics = \"otel\"", "`\"story\"`, `\"opentelemetry\"`"),
            ("metrics = { histogram = \"a-b\" }", "not the name of a metric"),
            ("metrics = { endpoint = \"x\" }", "needs the name of a `histogram`"),
            ("metrics = { histogram = \"a\", unit = \"m\" }", "`s` or `ms`"),
            ("labels = { \"a-b\" = \"x\" }", "not the name of a label"),
            ("labels = { a = 1 }", "a text in quotes"),
            ("endpoints = { x = \"y\" }", "there is no endpoint `x`"),
            ("step = \"90\"", "whole seconds"),
            ("step = \"0s\"", "whole seconds"),
            ("windows = []", "no budget ever burns"),
            ("windows = [{ long = \"1m\", short = \"5m\", burn = 1 }]", "at most `long`"),
            ("windows = [{ long = \"1h\", short = \"5m\", burn = 0 }]", "a number above 0"),
            (
                "windows = [{ long = \"1h\", short = \"5m\", burn = 1, severity = \"x\" }]",
                "`page` or `ticket`",
            ),
            ("window = []", "did you mean `windows`?"),
            ("[watch.metrics]\nhistogram = 3", "takes a text in quotes"),
        ] {
            let problems = Project::parse("loadline.toml", &format!("[watch]\n{text}\n")).unwrap_err();
            let said = problems.to_string();
            assert!(said.contains(words) && said.contains("loadline.toml:"), "{said}");
        }
    }
}
