//! `loadline watch --profile`: what production was asked, from a Prometheus or an access log, as a script.

use std::fs::File;
use std::io::{BufReader, IsTerminal, Write as _};
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use loadline_report::render;
use loadline_runner::{Ending, Ends, Failure};
use loadline_traffic::{LogMix, Mix, Script};
use loadline_verdict::{Endpoints, escape};
use loadline_watch::{Settings, requests, requests_query};

use super::words::{document, lines};
use super::written::Written;
use crate::common::interruptible::until_interrupted;
use crate::common::{Prometheus, json_text, print, screen, told};
use crate::watch::arguments::{At, WatchArguments};
use crate::watch::asked::{moments, range_of};
use crate::watch::lengths::at_text;

/// How far back the busiest hour is looked for.
const DAY_S: i64 = 24 * 3600;

/// Writes the script.
pub(in crate::watch) fn watch_profile(
    arguments: &WatchArguments,
    path: &Path,
    server: Option<&Prometheus>,
    settings: &Settings,
    endpoints: &Endpoints,
) -> Result<Ending, Failure> {
    if endpoints.iter().next().is_none() {
        return Err(Failure::new(
            Ending::Configuration,
            "there is nothing to write a scenario of: no `[endpoints]` in loadline.toml\nhint: name routes there, as `\"auth.login\" = \"POST /login\"`",
        ));
    }
    let cannot = || format!("cannot write `{}`", path.display());
    if path.symlink_metadata().is_ok() {
        // What was filled in by hand is not written again by anybody else.
        let what = format!("{}: it is there already\nhint: name another file, or remove it", cannot());
        return Err(Failure::new(Ending::Configuration, what));
    }
    let minutes = usize::try_from(arguments.over.as_secs() / 60).unwrap_or(usize::MAX);
    if minutes == 0 {
        return Err(Failure::new(
            Ending::Configuration,
            "`--over` is shorter than a minute, which is what a stage is of",
        ));
    }
    if minutes > Mix::MOST_MINUTES {
        return Err(Failure::new(
            Ending::Configuration,
            "`--over` is longer than a week, which is the longest that a script is written of",
        ));
    }
    let (mix, source) = match (&arguments.profile.traffic, server) {
        (Some(log), _) => {
            let source = log.display().to_string();
            let mix = of_log(log, endpoints, arguments.at.as_ref(), minutes);
            let mix = mix.with_context(|| format!("cannot use the traffic `{}`", escape(&source)));
            (mix.ends(Ending::Configuration)?, source)
        }
        (None, Some(server)) => {
            let asked = async {
                of_server(server, settings, endpoints, (arguments.at.as_ref(), minutes))
                    .await
                    .ends(Ending::CouldNotRun)
            };
            (until_interrupted(asked, "stopped by a signal: nothing was written")?, server.shown.clone())
        }
        (None, None) => return Err(no_source()),
    };
    let times = arguments.profile.times;
    let script = Script::of(&mix, endpoints, times, &source);
    write_new(path, &script.text).with_context(cannot).ends(Ending::OutputNotWritten)?;
    let path = path.display().to_string();
    let written = Written { script, mix, path, source, times };
    let text = if arguments.json {
        json_text(&document(&written, endpoints)).ends(Ending::CouldNotRun)?
    } else {
        let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
        render(&lines(&written, endpoints, screen::result_width()), &theme)
    };
    Ok(told(print(text.as_bytes()), Ending::Passed))
}

/// Writes a file that is not there, whole or not at all.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let written = File::create_new(path)?.write_all(text.as_bytes());
    if written.is_err() {
        let _ = std::fs::remove_file(path);
    }
    written
}

fn no_source() -> Failure {
    Failure::new(
        Ending::Configuration,
        "there is no traffic to write\nhint: name a Prometheus with `--prometheus http://localhost:9090`, or an access log with `--traffic access.log`",
    )
}

/// Of a log: the part that is wanted of it; without a time, its end.
fn of_log(log: &Path, endpoints: &Endpoints, at: Option<&At>, minutes: usize) -> Result<Mix> {
    let mut read = LogMix::new(endpoints);
    read.read(BufReader::with_capacity(1 << 16, File::open(log).context("it cannot be read")?))
        .context("it cannot be read")?;
    let mix = read.mix()?;
    let all_s = mix.from_s + mix.minutes() as i64 * 60;
    let part = match at {
        Some(At::Peak) => mix.busiest(minutes),
        Some(At::Time(at)) => mix.until(at.as_second(), minutes),
        None => mix.until(all_s, minutes),
    };
    part.with_context(|| format!("it is from {} to {}", at_text(mix.from_s), at_text(all_s)))
}

/// Of a Prometheus: the minutes until a time, or the busiest ones of the last day.
async fn of_server(
    server: &Prometheus,
    settings: &Settings,
    endpoints: &Endpoints,
    (at, minutes): (Option<&At>, usize),
) -> Result<Mix> {
    let until_s = match at {
        Some(At::Time(at)) => at.as_second(),
        _ => Timestamp::now().as_second(),
    };
    // Whole minutes, each with a few scrapes in it.
    let stretch_s = settings.step_s.div_ceil(60).max(1) * 60;
    let until_s = until_s - until_s.rem_euclid(stretch_s as i64);
    let wanted_s = minutes as i64 * 60;
    let reach_s = if matches!(at, Some(At::Peak)) { wanted_s.max(DAY_S) } else { wanted_s };
    let stretches = (reach_s as u64).div_ceil(stretch_s) as i64;
    let from_s = until_s - stretches * stretch_s as i64;
    let query = requests_query(settings, endpoints, stretch_s);
    let mut known: Vec<Vec<Option<f64>>> = vec![Vec::new(); endpoints.iter().count()];
    let ends_s: Vec<i64> = (1..=stretches).map(|stretch| from_s + stretch * stretch_s as i64).collect();
    for ends_s in ends_s.chunks(moments(known.len())) {
        let answer = range_of(server, &query, ends_s, stretch_s).await?;
        for warning in &answer.warnings {
            screen::caution(&format!("Prometheus warns: {}", escape(warning)));
        }
        let of_minute = |number: Option<f64>| number.map(|number| number * 60.0 / stretch_s as f64);
        for (all, more) in known.iter_mut().zip(requests(settings, endpoints, &answer, ends_s)) {
            for number in more {
                all.extend(std::iter::repeat_n(of_minute(number), (stretch_s / 60) as usize));
            }
        }
    }
    let is_peak = matches!(at, Some(At::Peak));
    let mix = if is_peak { Mix::of_what_is_known(from_s, &known) } else { Mix::of_known(from_s, &known) };
    let mix = match mix {
        Ok(mix) => mix,
        Err(error) => bail!(
            "{error}: `{query}` from {} to {}\nhint: a shorter `--over`, or the end of a stretch that is known as `--at`",
            at_text(from_s),
            at_text(until_s)
        ),
    };
    Ok(if is_peak { mix.busiest(minutes)? } else { mix.until(until_s, minutes)? })
}
