//! Which change a job is about, by the variables that it has.
//!
//! Sources: <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>,
//! <https://docs.gitlab.com/ci/variables/predefined_variables/>.

use serde_json::Value;

use crate::place::{Forge, Place, PlaceError};

/// What a job is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A pull request or merge request.
    Of(Place),
    /// None, because it runs for something else, in words.
    None(String),
}

/// Why nobody can tell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// No forge has started this.
    #[error("this is no job of GitHub or GitLab: name the change with `--to github:OWNER/NAME#7`")]
    Nowhere,
    /// A variable that the forge sets is not there.
    #[error("the variable `{0}` is not set, which {1} sets in each job")]
    Missing(&'static str, &'static str),
    /// A variable has something else in it.
    #[error("the variable `{0}` is `{1}`, which is no number of a change")]
    Number(&'static str, String),
    /// It names no place.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

/// The change of a job. `event` is what stands in the file that `GITHUB_EVENT_PATH` names, where it reads.
///
/// # Errors
/// Where it is no job, or its variables are not as they are in one.
pub fn of_environment(
    variable: impl Fn(&str) -> Option<String>,
    event: Option<&Value>,
) -> Result<Change, EnvironmentError> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    if variable("GITHUB_ACTIONS").is_some() {
        github(&variable, event)
    } else if variable("GITLAB_CI").is_some() {
        gitlab(&variable)
    } else {
        Err(EnvironmentError::Nowhere)
    }
}

fn github(
    variable: &dyn Fn(&str) -> Option<String>,
    event: Option<&Value>,
) -> Result<Change, EnvironmentError> {
    let needed = |name| variable(name).ok_or(EnvironmentError::Missing(name, "GitHub"));
    let project = needed("GITHUB_REPOSITORY")?;
    let api = variable("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_owned());
    let request = event.and_then(|event| event.get("pull_request"));
    let said = request.and_then(|request| request.get("number")).and_then(Value::as_u64);
    // Of a comment on a pull request, the event is one of an issue.
    let issue =
        event.and_then(|event| event.get("issue")).filter(|issue| issue.get("pull_request").is_some());
    let said = said.or_else(|| issue?.get("number")?.as_u64());
    let of_ref = || {
        let number = variable("GITHUB_REF")?;
        number.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok()
    };
    let Some(number) = said.or_else(of_ref).filter(|number| *number > 0) else {
        let event = variable("GITHUB_EVENT_NAME").unwrap_or_else(|| "event".to_owned());
        return Ok(Change::None(format!("this job runs for a `{event}`, not for a pull request")));
    };
    let name = |side: &str| request?.get(side)?.get("repo")?.get("full_name")?.as_str();
    // The head of a pull request whose fork is deleted has no repository.
    let is_fork = request.is_some() && name("head") != name("base");
    Ok(Change::Of(Place::new(Forge::GitHub, &api, &project, number, is_fork)?))
}

fn gitlab(variable: &dyn Fn(&str) -> Option<String>) -> Result<Change, EnvironmentError> {
    const NUMBER: &str = "CI_MERGE_REQUEST_IID";
    let needed = |name| variable(name).ok_or(EnvironmentError::Missing(name, "GitLab"));
    let Some(number) = variable(NUMBER) else {
        let source = variable("CI_PIPELINE_SOURCE").unwrap_or_else(|| "push".to_owned());
        return Ok(Change::None(format!("this job runs for a `{source}`, not for a merge request")));
    };
    let number = match number.parse() {
        Ok(number) if number > 0 => number,
        _ => return Err(EnvironmentError::Number(NUMBER, number)),
    };
    let api = needed("CI_API_V4_URL")?;
    let project = variable("CI_MERGE_REQUEST_PROJECT_ID").map_or_else(|| needed("CI_PROJECT_ID"), Ok)?;
    let is_fork = variable("CI_MERGE_REQUEST_SOURCE_PROJECT_ID").is_some_and(|source| source != project);
    Ok(Change::Of(Place::new(Forge::GitLab, &api, &project, number, is_fork)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(variables: &[(&str, &str)], event: Option<&Value>) -> String {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        match of_environment(variable, event) {
            Ok(Change::Of(place)) => {
                format!("{}{}", place.words(), if place.is_fork { ", a fork" } else { "" })
            }
            Ok(Change::None(why)) => why,
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_job_of_github_knows_its_pull_request() {
        let github =
            [("GITHUB_ACTIONS", "true"), ("GITHUB_REPOSITORY", "shop/web"), ("GITHUB_EVENT_NAME", "push")];
        let repo = |name: &str| json!({ "repo": { "full_name": name } });
        let event =
            |head: Value| json!({ "pull_request": { "number": 7, "head": head, "base": repo("shop/web") } });
        let words = "pull request #7 of shop/web";
        assert_eq!(told(&github, Some(&event(repo("shop/web")))), words);
        assert_eq!(told(&github, Some(&event(repo("eve/web")))), format!("{words}, a fork"));
        assert_eq!(told(&github, Some(&event(json!({ "repo": null })))), format!("{words}, a fork"));
        let comment = json!({ "issue": { "number": 7, "pull_request": {} } });
        assert_eq!(told(&github, Some(&comment)), words);
        let issue = json!({ "issue": { "number": 7 } });
        assert_eq!(told(&github, Some(&issue)), "this job runs for a `push`, not for a pull request");
        let by_ref = [github[0], github[1], ("GITHUB_REF", "refs/pull/7/merge")];
        assert_eq!(told(&by_ref, None), words);
        assert!(told(&github[..1], None).contains("`GITHUB_REPOSITORY` is not set"));
    }

    #[test]
    fn a_job_of_gitlab_knows_its_merge_request() {
        let gitlab = [
            ("GITLAB_CI", "true"),
            ("CI_API_V4_URL", "https://gitlab.test/api/v4"),
            ("CI_PROJECT_ID", "42"),
            ("CI_MERGE_REQUEST_IID", "7"),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "43"),
        ];
        assert_eq!(told(&gitlab[..4], None), "merge request !7 of 42");
        assert_eq!(told(&gitlab, None), "merge request !7 of 42, a fork");
        assert_eq!(told(&gitlab[..3], None), "this job runs for a `push`, not for a merge request");
        let odd = [gitlab[0], gitlab[1], gitlab[2], ("CI_MERGE_REQUEST_IID", "seven")];
        assert!(told(&odd, None).contains("`seven`, which is no number"));
        assert!(told(&[], None).contains("--to github:OWNER/NAME#7"));
    }
}
