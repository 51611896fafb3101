//! What is watched, by which Prometheus, and whether once or until a signal comes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use loadline_runner::{Ending, Ends, Failure, history_location};
use loadline_verdict::{Gate, escape};
use loadline_watch::store::Store;
use loadline_watch::{Settings, Tally, objectives};

use super::arguments::WatchArguments;
use super::canary::{Compares, watch_canary};
use super::heartbeat::Heartbeat;
use super::looping::{Watching, go_on};
use super::once::once;
use super::profile::watch_profile;
use super::receivers::Ready;
use super::replay::replay;
use super::scraping::Scraping;
use super::source::Source;
use crate::common::{ProjectFile, Prometheus, find, screen};

/// Where the state is unless somebody says otherwise, beside the history.
const STATE: &str = ".loadline/watch.sqlite";

/// Watches.
pub(crate) fn watch(arguments: &WatchArguments) -> Result<Ending, Failure> {
    let found = find(&arguments.project).ends(Ending::Configuration)?;
    let budgets = found.project.budgets.iter().map(|scoped| &scoped.budget);
    let (objectives, unwatched) = objectives(budgets, &found.project.endpoints);
    let settings = &found.project.watch;
    let url = arguments.prometheus.as_ref().or(settings.prometheus.as_ref());
    if let Some(path) = &arguments.profile.profile {
        let server = url.map(|url| Prometheus::new(url, &arguments.headers)).transpose();
        let server = server.ends(Ending::Configuration)?;
        return watch_profile(arguments, path, server.as_ref(), settings, &found.project.endpoints);
    }
    let source = source(arguments, settings)?;
    if let Some(canary) = &arguments.canary.canary {
        let delta = arguments.canary.delta.or(found.project.compare.delta).unwrap_or(Gate::default().delta);
        // A canary that nobody can judge has not passed: that is what it is asked for.
        let unproven = found.project.judge.unproven_fails.or(Some(true));
        let compares = Compares {
            settings,
            endpoints: &found.project.endpoints,
            objectives: &objectives,
            gate: Gate { delta, ..Gate::default() },
            unproven: arguments.canary.unproven.or(unproven),
        };
        return watch_canary(arguments, canary, of_the_past(&source)?, &compares);
    }
    if objectives.is_empty() {
        return Err(nothing_to_watch(&found));
    }
    let tally = Tally::new(settings.clone(), objectives);
    if arguments.json && !arguments.once && arguments.replay.is_none() {
        let what = "`--json` is for `--once`, `--replay`, `--canary` and `--profile`: a watch that stays says a line for each thing that is new";
        return Err(Failure::new(Ending::Configuration, what));
    }
    let history =
        history_location(arguments.place.store.as_deref(), &found.project).ends(Ending::Configuration)?;
    if let Some(span) = &arguments.replay {
        return replay(arguments, span, of_the_past(&source)?, tally);
    }
    if arguments.once {
        return once(arguments, (of_the_past(&source)?, &history), tally, unwatched);
    }
    for unwatched in &unwatched {
        screen::remark(&format!("{} is not watched: {}", escape(&unwatched.budget), unwatched.why));
    }
    let mut receivers: Vec<Ready> = Vec::new();
    for receiver in &settings.receivers {
        receivers.extend(Ready::of(receiver).ends(Ending::Configuration)?);
    }
    let heartbeat = settings.heartbeat.as_ref().map(Heartbeat::new);
    let heartbeat = heartbeat.transpose().ends(Ending::Configuration)?;
    let path = arguments.state.clone().or_else(|| settings.state.as_ref().map(PathBuf::from));
    let store = opened(&path.unwrap_or_else(|| PathBuf::from(STATE))).ends(Ending::CouldNotRun)?;
    let metrics = arguments.metrics.or(settings.metrics);
    go_on(Watching { source, tally, receivers, heartbeat, store, metrics, history })
}

/// The Prometheus that a past is asked of.
fn of_the_past(source: &Source) -> Result<&Prometheus, Failure> {
    source.server().ok_or_else(|| {
        let what = "a past is looked at, and services know none: `--once`, `--replay` and `--canary` need a Prometheus\nhint: name it with `--prometheus http://localhost:9090`";
        Failure::new(Ending::Configuration, what)
    })
}

/// Where the counters are; what is typed goes before the project.
fn source(arguments: &WatchArguments, settings: &Settings) -> Result<Source, Failure> {
    let headers = &arguments.headers;
    let url = arguments.prometheus.as_ref().or(settings.prometheus.as_ref());
    let scrape = match (&arguments.scrape[..], &arguments.prometheus) {
        ([], None) => &settings.scrape[..],
        (typed, _) => typed,
    };
    match url {
        _ if !scrape.is_empty() => {
            let scraping = Scraping::new(scrape, headers, settings).ends(Ending::Configuration)?;
            Ok(Source::Services(Box::new(scraping)))
        }
        Some(url) => {
            let server = Prometheus::new(url, headers).ends(Ending::Configuration)?;
            Ok(Source::Prometheus(Box::new(server)))
        }
        None => Err(Failure::new(
            Ending::Configuration,
            "there is no Prometheus to ask\nhint: name it with `--prometheus http://localhost:9090`, or in loadline.toml: `[watch]` and `prometheus = \"…\"`; without one, `--scrape` asks the services themselves",
        )),
    }
}

/// The state, in a folder that is made for it.
fn opened(path: &Path) -> Result<Store> {
    let what = || format!("the state of the watch, `{}`", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(what)?;
    }
    Store::open(path).with_context(what)
}

fn nothing_to_watch(found: &ProjectFile) -> Failure {
    let what = match &found.path {
        None => "there is nothing to watch: no `loadline.toml` here\nhint: name a project file with `--project FILE`".to_owned(),
        Some(path) => format!(
            "there is nothing to watch: `{}` has no budget on an endpoint that counters can tell\nhint: `[[budget]]` with `endpoint = \"…\"` and `p95 = \"500ms\"` or `errors = \"1%\"`",
            path.display()
        ),
    };
    Failure::new(Ending::Configuration, what)
}
