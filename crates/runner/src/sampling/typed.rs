//! What is to be sampled, as it is typed: `--process NAME=PID`, `--scrape NAME=URL` and their like.

use std::time::Duration;

use loadline_client::parse_url;
use loadline_measure::{MetricKind, Schema, Unit};
use loadline_units as units;
use url::Url;

use super::process::Process;
use super::settings::{GENERATOR, SamplingSettings};

const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);
const LONGEST_INTERVAL: Duration = Duration::from_hours(1);

/// The texts of the flags.
#[derive(Clone, Copy, Debug, Default)]
pub struct SamplingTexts<'a> {
    /// `NAME=PID` of processes on this machine.
    pub processes: &'a [String],
    /// `NAME=URL` of Prometheus endpoints.
    pub scrapes: &'a [String],
    /// Names of metrics that are wanted of them, too.
    pub metrics: &'a [String],
    /// How often.
    pub interval: Option<&'a str>,
}

/// All that is wrong with them, with hints.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SamplingError(String);

impl SamplingError {
    pub(super) fn new(words: String) -> Self {
        Self(words)
    }
}

impl SamplingTexts<'_> {
    /// Understands them, and looks for the processes.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn settings(self) -> Result<SamplingSettings, SamplingError> {
        let mut settings = SamplingSettings::default();
        let mut problems: Vec<String> = Vec::new();
        if let Some(text) = self.interval {
            match interval(text) {
                Ok(interval) => settings.interval = interval,
                Err(problem) => problems.push(problem),
            }
        }
        let mut names = vec![GENERATOR];
        for text in self.processes {
            let read = named("--process", text, "PID", &mut names)
                .and_then(|(name, id)| Ok((name, process(text, id)?)));
            keep(read, &mut settings.processes, &mut problems);
        }
        let mut names = Vec::new();
        for text in self.scrapes {
            let read = named("--scrape", text, "URL", &mut names)
                .and_then(|(name, url)| Ok((name, endpoint(text, url)?)));
            keep(read, &mut settings.targets, &mut problems);
        }
        for name in self.metrics {
            match metric(name, self.scrapes.is_empty()) {
                Ok(()) if settings.metrics.contains(name) => {}
                Ok(()) => settings.metrics.push(name.clone()),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(settings) } else { Err(SamplingError(problems.join("\nerror: "))) }
    }
}

fn keep<T>(read: Result<(String, T), String>, list: &mut Vec<(String, T)>, problems: &mut Vec<String>) {
    match read {
        Ok(entry) => list.push(entry),
        Err(problem) => problems.push(problem),
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval =
        units::parse_duration_or_ms(text).map_err(|error| format!("`--sample-interval` {error}"))?;
    if (SHORTEST_INTERVAL..=LONGEST_INTERVAL).contains(&interval) {
        return Ok(interval);
    }
    Err(format!(
        "`--sample-interval {text}` is not from 100ms to 1h\nhint: memory is usually sampled every `1s`"
    ))
}

/// The two sides of `NAME=VALUE`; a name is taken once.
fn named<'a>(
    flag: &str,
    text: &'a str,
    value: &str,
    taken: &mut Vec<&'a str>,
) -> Result<(String, &'a str), String> {
    let hint = format!("\nhint: write `{flag} NAME={value}`, as in `{flag} service=…`");
    let Some((name, rest)) = text.split_once('=') else {
        return Err(format!("`{flag} {text}` has no name{hint}"));
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(fits) {
        return Err(format!(
            "`{flag} {text}`: `{name}` is not a name\nhint: use up to 64 letters, digits, `_`, `-` and `.`"
        ));
    }
    if taken.contains(&name) {
        let whose = if name == GENERATOR { "is the load generator itself" } else { "is given twice" };
        return Err(format!("`{flag} {text}`: the name `{name}` {whose}\nhint: choose another name"));
    }
    taken.push(name);
    Ok((name.to_owned(), rest))
}

fn process(text: &str, id: &str) -> Result<Process, String> {
    let Ok(number) = id.parse::<u32>() else {
        return Err(format!(
            "`--process {text}`: `{id}` is not a process id\nhint: a shell knows it: `--process holiday=$(pgrep -o holiday)`"
        ));
    };
    Process::open(number).ok_or_else(|| {
        format!(
            "`--process {text}`: there is no process {number} on this machine\nhint: of another machine's process, scrape a metric: `--scrape NAME=URL`"
        )
    })
}

fn endpoint(text: &str, url: &str) -> Result<Url, String> {
    let mut url = parse_url(url).map_err(|failure| format!("`--scrape {text}`: {failure}"))?;
    if url.path() == "/" {
        url.set_path("/metrics");
    }
    Ok(url)
}

fn metric(name: &str, nothing_to_scrape: bool) -> Result<(), String> {
    if Schema::new().define(name, MetricKind::Gauge, Unit::Plain).is_err() {
        return Err(format!(
            "`--scrape-metric {name}`: this is not the name of a metric\nhint: write the whole name of one, of letters, digits and underscores, without labels"
        ));
    }
    if nothing_to_scrape {
        return Err(format!(
            "`--scrape-metric {name}` without `--scrape`\nhint: say where it is: `--scrape NAME=http://127.0.0.1:9090/metrics`"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        processes: &[&str],
        scrapes: &[&str],
        metrics: &[&str],
    ) -> Result<SamplingSettings, SamplingError> {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (processes, scrapes, metrics) = (owned(processes), owned(scrapes), owned(metrics));
        SamplingTexts { processes: &processes, scrapes: &scrapes, metrics: &metrics, interval: None }
            .settings()
    }

    #[test]
    fn what_is_typed_is_understood() {
        let own = format!("service={}", std::process::id());
        let settings = read(
            &[&own],
            &["a=http://127.0.0.1:9090", "b=https://h/x?y=1"],
            &["process_open_fds", "app_queue_depth"],
        )
        .unwrap();
        assert_eq!(settings.interval, Duration::from_secs(1));
        assert_eq!(settings.processes[0].0, "service");
        let urls: Vec<&str> = settings.targets.iter().map(|(_, url)| url.as_str()).collect();
        assert_eq!(urls, ["http://127.0.0.1:9090/metrics", "https://h/x?y=1"]);
        assert_eq!(settings.metrics.len(), 4);
    }

    #[test]
    fn all_that_is_wrong_is_told_with_a_hint() {
        let own = std::process::id().to_string();
        let same = [format!("a={own}"), format!("a={own}"), format!("generator={own}"), format!("a b={own}")];
        let mut processes: Vec<&str> = same.iter().map(String::as_str).collect();
        processes.extend(["12", "b=twelve", "c=4294967295"]);
        let error = read(&processes, &["x=ftp://h/", "=http://h/"], &["a{b=\"c\"}"]).unwrap_err().to_string();
        for part in [
            "the name `a` is given twice",
            "`generator` is the load generator itself",
            "`a b` is not a name",
            "`--process 12` has no name",
            "`twelve` is not a process id",
            "there is no process 4294967295",
            "its scheme is `ftp`",
            "`` is not a name",
            "not the name of a metric",
        ] {
            assert!(error.contains(part), "`{part}` is missing in:\n{error}");
        }
        assert_eq!(error.matches("\nhint: ").count() + error.matches("write it as").count(), 9, "{error}");
        let error = read(&[], &[], &["app_queue_depth"]).unwrap_err().to_string();
        assert!(error.contains("without `--scrape`"), "{error}");
    }
}
