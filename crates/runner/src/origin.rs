//! Where a run comes from: the code that was run, the plan, the commit that was tested.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use loadline_client::{Client, Request, Shared};
use loadline_config::Project;
use loadline_load::Plan;
use loadline_measure::Origin;
use loadline_units as units;
use sha2::{Digest, Sha256};

use crate::failure::with_causes;
use crate::voice::Voice;

/// Variables in which the usual CI systems say the commit and the branch.
const COMMITS: [&str; 5] = ["GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT", "CIRCLE_SHA1", "BUILDKITE_COMMIT"];
const BRANCHES: [&str; 6] = [
    "GITHUB_HEAD_REF",
    "GITHUB_REF_NAME",
    "CI_COMMIT_REF_NAME",
    "GIT_BRANCH",
    "CIRCLE_BRANCH",
    "BUILDKITE_BRANCH",
];

/// How long the target may take to say its version.
const PATIENCE: Duration = Duration::from_secs(5);

/// Options that say where results go and how they are judged: what is run is the same without them.
const BESIDE: [&str; 11] = [
    "out",
    "summaryExport",
    "summaryMode",
    "summaryTrendStats",
    "summaryTimeUnit",
    "consoleOutput",
    "noSummary",
    "noThresholds",
    "thresholds",
    "linger",
    "tags",
];

/// Why the target's version is not known.
#[derive(Debug, thiserror::Error)]
enum VersionError {
    /// It cannot be asked.
    #[error("`{0}` is not an address that can be asked")]
    Address(String, #[source] loadline_client::Failure),
    /// It does not answer.
    #[error("{0}")]
    Answer(String),
    /// It does not say.
    #[error("the answer of {target} has no header `{header}`")]
    Header {
        /// Who was asked.
        target: String,
        /// For what.
        header: String,
    },
}

/// A hash of all the code, names included, and of the options that change what is run: JSON text.
pub fn hash<'a>(sources: impl IntoIterator<Item = (&'a str, &'a str)>, options: &str) -> String {
    let mut hash = Sha256::new();
    let options = match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(options) {
        Ok(mut all) => {
            all.retain(|name, _| !BESIDE.contains(&name.as_str()));
            serde_json::Value::from(all).to_string()
        }
        Err(_) => options.to_owned(),
    };
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    for (name, text) in sources {
        add(name);
        add(text);
    }
    add(&options);
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What starts when, in a line: `search: ramping-vus, up to 300 VUs over 24m; …`.
pub fn plan(plan: &Plan) -> String {
    let scenarios = plan.scenarios.iter().map(|scenario| {
        let duration = if scenario.executor.is_until_stopped() {
            "until stopped".to_owned()
        } else {
            units::time_of(scenario.executor.duration())
        };
        let start = if scenario.start_time.is_zero() {
            String::new()
        } else {
            format!(" from {}", units::time_of(scenario.start_time))
        };
        let name = &scenario.name;
        format!(
            "{name}: {}, {}, {duration}{start}",
            scenario.executor.name(),
            scenario.executor.description()
        )
    });
    scenarios.collect::<Vec<_>>().join("; ")
}

/// Adds what the project knows of the system under test. A target that is known already stays.
pub fn add_target(origin: &mut Origin, project: &Project) {
    if origin.target.is_empty() {
        origin.target = project.target.url.clone().unwrap_or_default();
    }
    origin.target_version = project.target.version.clone().unwrap_or_default();
}

/// Asks the target for its version, when the project says how and nobody knows it.
pub async fn add_version(origin: &mut Origin, project: &Project, client: &Arc<Shared>, voice: &dyn Voice) {
    let (Some(header), "") = (&project.target.version_header, origin.target_version.as_str()) else { return };
    match ask_version(client, &origin.target, header).await {
        Ok(version) => origin.target_version = version,
        Err(error) => voice.warn(&format!("the target's version is not known: {}", with_causes(&error))),
    }
}

/// Adds the commit and the branch of the working directory, unless the environment says them.
pub fn add_commit(origin: &mut Origin) {
    let variable = |names: &[&str]| {
        names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    };
    origin.commit = variable(&COMMITS).or_else(|| git(&["rev-parse", "HEAD"])).unwrap_or_default();
    origin.branch =
        variable(&BRANCHES).or_else(|| git(&["symbolic-ref", "--short", "-q", "HEAD"])).unwrap_or_default();
}

/// The version that the target says of itself, in a header of its answer.
///
/// # Errors
/// When it does not answer, or the header is not there.
async fn ask_version(client: &Arc<Shared>, target: &str, header: &str) -> Result<String, VersionError> {
    let url = loadline_client::parse_url(target)
        .map_err(|failure| VersionError::Address(target.to_owned(), failure))?;
    let mut request = Request::new(Method::GET, url);
    request.timeout = PATIENCE;
    let exchange = Client::aside(Arc::clone(client)).send(request, None).await;
    let answer =
        exchange.last().outcome.as_ref().map_err(|failure| VersionError::Answer(failure.to_string()))?;
    let version = answer.headers.get(header).map(std::borrow::Cow::into_owned);
    version.ok_or_else(|| VersionError::Header { target: target.to_owned(), header: header.to_owned() })
}

/// Who runs this: whom the CI system names, git, or the machine; empty where nobody does.
pub fn who() -> String {
    let variable = |name: &&str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let in_ci = ["GITHUB_ACTOR", "GITLAB_USER_LOGIN"].iter().find_map(variable);
    let of_git = || git(&["config", "user.name"]);
    in_ci.or_else(of_git).or_else(|| ["USER", "USERNAME"].iter().find_map(variable)).unwrap_or_default()
}

/// What git says; nothing where there is no git or no repository.
fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_run_decides_the_hash() {
        let one = hash([("a.ts", "x"), ("b.ts", "y")], "{}");
        assert_eq!(one.len(), 64);
        assert_eq!(one, hash([("a.ts", "x"), ("b.ts", "y")], "{}"));
        assert_eq!(one, hash([("a.ts", "x"), ("b.ts", "y")], r#"{"out":["run=x.run"],"thresholds":{}}"#));
        for other in [
            hash([("a.ts", "x"), ("b.ts", "z")], "{}"),
            hash([("a.ts", "xb.ts"), ("", "y")], "{}"),
            hash([("a.ts", "x"), ("b.ts", "y")], "{\"vus\":1}"),
        ] {
            assert_ne!(one, other);
        }
    }
}
