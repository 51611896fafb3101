//! From arguments to what comes: which kind of file it is, or who is asked.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, bail};
use loadline_measure::read_run;
use loadline_runner::{Ending, Ends, Failure};
use loadline_scale::traffic::{AccessLog, Day, Profile, PrometheusRange, read_csv};
use loadline_secrets::masked;
use loadline_verdict::escape;

use super::arguments::TrafficArguments;
use super::prometheus;
use super::whole_seconds::seconds;
use crate::common::input;

/// The most bytes of what is read as a whole.
const LARGEST: u64 = 256 << 20;
/// How a Run file begins, and a compressed one.
const RUN: &[u8] = b"LOADLINE";
const GZIP: &[u8] = &[0x1f, 0x8b];
/// What an answer of Prometheus has near its beginning, and no line of a log.
const RANGE: &[u8] = b"\"resultType\"";

/// What comes.
pub(super) fn traffic(arguments: &TrafficArguments) -> Result<Profile, Failure> {
    if let (None, Some(url), Some(query)) = (&arguments.file, &arguments.prometheus, &arguments.query) {
        let profile = prometheus::asked(url, query, arguments)?.profile(arguments.bridge_gaps);
        let shown = || format!("cannot use what `{}` answers", escape(&masked(url)));
        return profile.with_context(shown).ends(Ending::Configuration);
    }
    told(arguments).ends(Ending::Configuration)
}

/// What comes where nobody has to be asked.
fn told(arguments: &TrafficArguments) -> Result<Profile> {
    if let Some(path) = &arguments.file {
        return read(path, arguments.bridge_gaps)
            .with_context(|| format!("cannot use the traffic `{}`", escape(&path.display().to_string())));
    }
    if let Some(peak) = arguments.day {
        let day = if arguments.school_holidays { Day::school_holidays(peak) } else { Day::ordinary(peak) };
        return Ok(day.profile()?);
    }
    let Some(rate) = arguments.rate else {
        bail!(
            "there is no traffic\nhint: `--traffic FILE`, `--prometheus URL --query …`, `--day 300/s` or `--rate 300/s --for 1h`"
        )
    };
    Ok(Profile::constant(rate, usize::try_from(seconds(arguments.length)).unwrap_or(usize::MAX))?)
}

fn read(path: &Path, bridge_gaps: bool) -> Result<Profile> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path).context("it cannot be read")?);
    let begins = file.fill_buf().context("it cannot be read")?;
    if begins.starts_with(GZIP) {
        bail!("it is compressed\nhint: unpack it on the way, `--traffic <(zcat FILE)`");
    }
    let first = begins.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    let is_log = first.is_some_and(AccessLog::is_line);
    let is_range = begins.trim_ascii_start().starts_with(b"{") && contains(begins, RANGE);
    let is_run = begins.starts_with(RUN);
    if is_log && !is_range {
        return Ok(AccessLog::read(file).context("it cannot be read")?.profile(bridge_gaps)?);
    }
    let bytes = input::read(file, LARGEST).context("it cannot be read")?;
    if is_run {
        let (run, _) = read_run(bytes.as_slice()).context("cannot read the Run file")?;
        return Ok(Profile::of_run(&run)?);
    }
    if is_range || bytes.trim_ascii_start().starts_with(b"{") {
        let mut range = PrometheusRange::default();
        range.add(&bytes)?;
        return Ok(range.profile(bridge_gaps)?);
    }
    let text = String::from_utf8(bytes)
        .context("it is neither a table, nor a log, an answer of Prometheus or a Run")?;
    Ok(read_csv(&text, bridge_gaps)?)
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted)
}
