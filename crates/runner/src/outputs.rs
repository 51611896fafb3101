//! `--out KIND=FILE` and `--out RECEIVER=URL`, and where a Run is kept when nobody said.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use loadline_measure::{RunMeta, Schema};
use loadline_report::{Content, CsvOutput, Destination, JsonOutput, MetricNotes, OutputError, RunOutput};
use loadline_telemetry::{Kind, Receiver, Settings, SettingsError, Telemetry, Variables};
use loadline_verdict::Budgets;

use crate::samples::SendOutput;

/// Where runs are kept when nobody said, below the working directory.
const RUNS: &str = ".loadline/runs";
/// What this program keeps for itself, below the working directory.
const FOLDER: &str = ".loadline";

/// The file that stands for standard output.
const STANDARD_OUTPUT: &str = "-";

/// What can be typed.
const KINDS: &str = "`json=FILE`, `csv=FILE`, `run=FILE`, `prometheus=URL`, `opentelemetry=URL`, `influxdb=URL` or \
                     `statsd=HOST:PORT`";

/// An output as typed: `json=samples.json`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OutSpec {
    /// Samples as lines of JSON.
    Json(PathBuf),
    /// Samples as CSV.
    Csv(PathBuf),
    /// The Run.
    Run(PathBuf),
    /// Each second, sent to a receiver.
    Sent(Receiver),
}

/// What keeps outputs from being opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// An output that cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A receiver whose address or variables are none.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// An output that is not written as one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutSpecError {
    /// There is nothing behind the `=`, or no `=`.
    #[error("output `{0}` names no file\nhint: use {KINDS}")]
    NoFile(String),
    /// There are no outputs of this kind.
    #[error("there is no output `{0}`\nhint: use {KINDS}")]
    NoSuchKind(String),
}

/// What keeps a Run from being kept where nobody named a place.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The folder cannot be made.
    #[error("cannot create the folder `{0}`")]
    Folder(&'static str, #[source] std::io::Error),
    /// The file that has git ignore the folder cannot be written.
    #[error("cannot write `{}`", _0.display())]
    Ignore(PathBuf, #[source] std::io::Error),
    /// The file cannot be made.
    #[error("cannot create `{}`", _0.display())]
    File(PathBuf, #[source] std::io::Error),
}

impl OutSpec {
    /// Whether it goes to standard output, which nothing else may be written to then.
    pub fn is_standard_output(&self) -> bool {
        match self {
            Self::Json(path) | Self::Csv(path) | Self::Run(path) => path == Path::new(STANDARD_OUTPUT),
            Self::Sent(_) => false,
        }
    }
}

impl FromStr for OutSpec {
    type Err = OutSpecError;

    fn from_str(text: &str) -> Result<Self, OutSpecError> {
        let (kind, file) = text.split_once('=').unwrap_or((text, ""));
        if let Some(kind) = Kind::named(kind) {
            return Ok(Self::Sent(Receiver { kind, address: (!file.is_empty()).then(|| file.to_owned()) }));
        }
        // As in k6: samples without a file go to standard output.
        let file = if text == kind && matches!(kind, "json" | "csv") { STANDARD_OUTPUT } else { file };
        if file.is_empty() || (kind == "run" && file == STANDARD_OUTPUT) {
            return Err(OutSpecError::NoFile(text.to_owned()));
        }
        match kind {
            "json" => Ok(Self::Json(file.into())),
            "csv" => Ok(Self::Csv(file.into())),
            "run" => Ok(Self::Run(file.into())),
            _ => Err(OutSpecError::NoSuchKind(kind.to_owned())),
        }
    }
}

/// Creates all outputs, so that a path that cannot be written is told before any load goes out. What receivers are told
/// by comes from this process's environment.
///
/// # Errors
/// The first that cannot be created.
pub fn open_outputs(
    specs: &[OutSpec],
    meta: &RunMeta,
    schema: &Arc<Schema>,
    budgets: &Budgets,
    system_tags: &[&str],
) -> Result<Vec<SendOutput>, OpenError> {
    specs
        .iter()
        .map(|spec| -> Result<SendOutput, OpenError> {
            Ok(match spec {
                OutSpec::Json(path) => Box::new(JsonOutput::new(
                    Destination::create(path, Content::Json)?,
                    Arc::clone(schema),
                    MetricNotes::of(budgets),
                )),
                OutSpec::Csv(path) => Box::new(CsvOutput::new(
                    Destination::create(path, Content::Csv)?,
                    Arc::clone(schema),
                    system_tags,
                )),
                OutSpec::Run(path) => Box::new(RunOutput::create(path, meta, Arc::clone(schema))?),
                OutSpec::Sent(receiver) => {
                    Box::new(Telemetry::start(settings(receiver)?, schema, run_tags(meta))?)
                }
            })
        })
        .collect()
}

/// The tags that all samples of a run have, as its options say.
fn run_tags(meta: &RunMeta) -> Vec<(String, String)> {
    let options: serde_json::Value = serde_json::from_str(&meta.options).unwrap_or_default();
    let tags = options["tags"].as_object().into_iter().flatten();
    tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// What a receiver means in this process's environment. From then on nothing shows its secrets.
fn settings(receiver: &Receiver) -> Result<Settings, SettingsError> {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let read = |path: &str| std::fs::read_to_string(path).map_err(|error| error.to_string());
    let settings = Settings::new(receiver, &Variables::new(variables), read)?;
    loadline_secrets::learn_listed(&settings.secrets());
    Ok(settings)
}

/// Makes the folder below the working directory where runs are kept; it ignores itself in git.
///
/// # Errors
/// When it cannot be made.
pub fn own_folder() -> Result<(), KeepError> {
    std::fs::create_dir_all(FOLDER).map_err(|error| KeepError::Folder(FOLDER, error))?;
    let ignore = Path::new(FOLDER).join(".gitignore");
    if !ignore.exists() {
        std::fs::write(&ignore, "*\n").map_err(|error| KeepError::Ignore(ignore, error))?;
    }
    Ok(())
}

/// Where what children print is kept, below the working directory; whether it can be made shows when it is used.
pub fn children_folder() -> PathBuf {
    working_folder("output")
}

/// Where a command keeps what only it reads, below the working directory; whether it can be made shows when it is used.
pub fn working_folder(name: &str) -> PathBuf {
    let _ = own_folder();
    Path::new(FOLDER).join(name)
}

/// A fresh path for the Run of `name`, below the working directory: `.loadline/runs/2026-11-23T18-04-05-search.run`.
///
/// The folder ignores itself in git.
///
/// # Errors
/// When it cannot be made.
pub fn default_run_path(name: &str, started_unix_ms: i64) -> Result<PathBuf, KeepError> {
    own_folder()?;
    run_path(Path::new(RUNS), name, started_unix_ms)
}

/// … in this folder.
pub(crate) fn run_path(folder: &Path, name: &str, started_unix_ms: i64) -> Result<PathBuf, KeepError> {
    let started = stamp(started_unix_ms);
    std::fs::create_dir_all(folder).map_err(|error| KeepError::Folder(RUNS, error))?;
    let stem = Path::new(name)
        .file_stem()
        .map_or_else(|| "run".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let safe: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .collect();
    let mut path = folder.join(format!("{started}-{safe}.run"));
    let mut number = 2;
    // Creating it takes the name, also from another process that starts in the same second.
    while let Err(error) = File::create_new(&path) {
        if error.kind() != ErrorKind::AlreadyExists {
            return Err(KeepError::File(path, error));
        }
        path = folder.join(format!("{started}-{safe}-{number}.run"));
        number += 1;
    }
    Ok(path)
}

/// A time as part of a file name: `2026-11-23T18-04-05`.
fn stamp(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms)
        .map_or_else(|_| unix_ms.to_string(), |time| time.strftime("%Y-%m-%dT%H-%M-%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<OutSpec, &str>) {
        match (text.parse::<OutSpec>(), expected) {
            (Ok(spec), Ok(expected)) => assert_eq!(spec, expected),
            (Err(error), Err(fragment)) => assert!(error.to_string().contains(fragment), "{error}"),
            (left, right) => panic!("{left:?} is not {right:?}"),
        }
    }

    #[test]
    fn the_tags_of_a_run() {
        let of = |options: &str| run_tags(&RunMeta { options: options.to_owned(), ..RunMeta::default() });
        assert_eq!(of(r#"{"tags":{"testid":"night"},"vus":1}"#), [("testid".to_owned(), "night".to_owned())]);
        assert!(of("").is_empty() && of("{}").is_empty() && of(r#"{"tags":7}"#).is_empty());
    }

    #[test]
    fn outputs_as_typed() {
        check("json=a.json", Ok(OutSpec::Json("a.json".into())));
        check("csv=b=c.csv", Ok(OutSpec::Csv("b=c.csv".into())));
        check("run=/tmp/x.run", Ok(OutSpec::Run("/tmp/x.run".into())));
        check("json", Ok(OutSpec::Json("-".into())));
        check("csv=-", Ok(OutSpec::Csv("-".into())));
        check("run", Err("names no file"));
        check("run=-", Err("names no file"));
        check("json=", Err("names no file"));
        let prometheus = |address: Option<&str>| {
            OutSpec::Sent(Receiver { kind: Kind::Prometheus, address: address.map(str::to_owned) })
        };
        check("prometheus", Ok(prometheus(None)));
        check("prometheus=http://h:9090", Ok(prometheus(Some("http://h:9090"))));
        check("experimental-prometheus-rw", Ok(prometheus(None)));
        let statsd = Receiver { kind: Kind::Statsd, address: Some("h:8125".to_owned()) };
        check("statsd=h:8125", Ok(OutSpec::Sent(statsd)));
        let collector = Receiver { kind: Kind::OpenTelemetry, address: None };
        check("experimental-opentelemetry", Ok(OutSpec::Sent(collector)));
        check("kafka=h:9092", Err("no output `kafka`"));
    }
}
