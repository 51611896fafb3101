//! What is to be sampled, as typed.

use std::time::Duration;

use anyhow::{Error, Result};
use clap::Args;
use loadline_client::parse_url;
use loadline_measure::{Schema, Unit};
use loadline_runner::{GENERATOR, Process, SamplingSettings};
use loadline_units as units;
use url::Url;

/// What is sampled while the run goes on, besides the load generator's own memory.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Resources")]
pub(crate) struct SamplingArguments {
    /// Sample the resident memory of a local process, without its children, may be repeated
    #[arg(long = "process", value_name = "NAME=PID")]
    pub(crate) processes: Vec<String>,
    /// Scrape a Prometheus endpoint of the target, may be repeated; without a path it is /metrics
    #[arg(long = "scrape", value_name = "NAME=URL")]
    pub(crate) scrapes: Vec<String>,
    /// Record this metric of scraped endpoints too, may be repeated
    #[arg(long = "scrape-metric", value_name = "METRIC")]
    pub(crate) scrape_metrics: Vec<String>,
    /// How often to sample and to scrape, once a second by default
    #[arg(long, value_name = "DURATION")]
    pub(crate) sample_interval: Option<String>,
}

const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);
const LONGEST_INTERVAL: Duration = Duration::from_hours(1);

/// Understands the flags, and looks for the processes.
///
/// # Errors
/// All that is wrong with them.
pub(crate) fn sampling(arguments: &SamplingArguments) -> Result<SamplingSettings> {
    let mut settings = SamplingSettings::default();
    let mut problems: Vec<String> = Vec::new();
    if let Some(text) = &arguments.sample_interval {
        match interval(text) {
            Ok(interval) => settings.interval = interval,
            Err(problem) => problems.push(problem),
        }
    }
    let mut names = vec![GENERATOR];
    for text in &arguments.processes {
        let read =
            named("--process", text, "PID", &mut names).and_then(|(name, id)| Ok((name, process(text, id)?)));
        keep(read, &mut settings.processes, &mut problems);
    }
    let mut names = Vec::new();
    for text in &arguments.scrapes {
        let read = named("--scrape", text, "URL", &mut names)
            .and_then(|(name, url)| Ok((name, endpoint(text, url)?)));
        keep(read, &mut settings.targets, &mut problems);
    }
    for name in &arguments.scrape_metrics {
        match metric(name, settings.targets.is_empty() && arguments.scrapes.is_empty()) {
            Ok(()) if settings.metrics.contains(name) => {}
            Ok(()) => settings.metrics.push(name.clone()),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(settings) } else { Err(Error::msg(problems.join("\nerror: "))) }
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
    if Schema::new().define(name, loadline_measure::MetricKind::Gauge, Unit::Plain).is_err() {
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

    fn read(processes: &[&str], scrapes: &[&str], metrics: &[&str]) -> Result<SamplingSettings> {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        super::sampling(&SamplingArguments {
            processes: owned(processes),
            scrapes: owned(scrapes),
            scrape_metrics: owned(metrics),
            sample_interval: None,
        })
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
