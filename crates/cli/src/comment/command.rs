//! From a file and the variables of a job to a comment.

use std::time::Duration;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use loadline_forge::{Change, Comment, Commenting, End, Forge, Place, Step, of_environment};
use loadline_report::plain;
use loadline_runner::{Ending, Ends, Failure};
use loadline_secrets::learn_listed;
use loadline_verdict::escape;

use super::arguments::CommentArguments;
use super::sender::Sender;
use crate::common::interruptible::until_interrupted;
use crate::common::{input, print, screen, told, without_secrets};

/// Bytes of the longest text, and of an event.
const LARGEST: u64 = 16 << 20;

/// Makes the comment, or keeps it current.
pub(crate) fn comment(arguments: &CommentArguments) -> Result<Ending, Failure> {
    let shown = escape(&arguments.file.display().to_string()).into_owned();
    let text = input::text(&arguments.file, LARGEST).map_err(|error| {
        anyhow!("cannot read `{shown}`: {error}\nhint: `loadline report latest --markdown {shown}` writes it")
    });
    let text = text.ends(Ending::CouldNotRun)?;
    let text = String::from_utf8_lossy(&without_secrets(text.as_bytes())).into_owned();
    let comment = Comment::new(&arguments.name, &text);
    let comment = comment.with_context(|| format!("`{shown}`")).ends(Ending::Configuration)?;
    let place = match change(arguments).ends(Ending::Configuration)? {
        Change::Of(place) => place,
        Change::None(why) => {
            let said = plain(&format!("nothing to comment on: {why}\n"));
            return Ok(told(print(said.as_bytes()), Ending::Passed));
        }
    };
    let words = place.words();
    let Some(token) = token(&place) else {
        let (names, forge) = match place.forge {
            Forge::GitHub => ("`GITHUB_TOKEN` or `GH_TOKEN`", "`env: { GITHUB_TOKEN: ${{ github.token }} }`"),
            Forge::GitLab => ("`GITLAB_TOKEN`", "a project access token with the scope `api`"),
        };
        // A fork's job has no secrets.
        if place.is_fork {
            return Ok(said_of_a_fork(&words, &format!("{names} is not set")));
        }
        return Err(Failure::new(
            Ending::Configuration,
            format!("a comment on {words} needs a token in {names}\nhint: give the job {forge}"),
        ));
    };
    let sender = Sender::new(&place, &token).ends(Ending::Configuration)?;
    let mut commenting = Commenting::new(place, comment);
    let going = async { Ok(go(&mut commenting, &sender).await) };
    match until_interrupted(going, "stopped by a signal: whether the comment is there is not known")? {
        End::Made { url, was_there } => {
            let verb = if was_there { "updated the comment on" } else { "commented on" };
            let at = if url.is_empty() { String::new() } else { format!(": {url}") };
            Ok(told(print(plain(&format!("{verb} {words}{at}\n")).as_bytes()), Ending::Passed))
        }
        End::NotAllowed(why) => Ok(said_of_a_fork(&words, &why)),
        End::Failed(why) => Err(Failure::new(
            Ending::OutputNotWritten,
            format!(
                "there is no comment on {words}: {}",
                why.lines().map(escape).collect::<Vec<_>>().join("\n")
            ),
        )),
    }
}

/// The job of a fork may not comment: that is no fault of the change.
fn said_of_a_fork(words: &str, why: &str) -> Ending {
    screen::caution(&format!(
        "no comment on {words}, which comes from a fork: its job may not write ({}); the summary of the job has all of it",
        escape(why)
    ));
    Ending::Passed
}

/// One request after the other.
async fn go(commenting: &mut Commenting, sender: &Sender) -> End {
    let mut step = commenting.begin();
    loop {
        step = match step {
            Step::End(end) => return end,
            Step::Wait(wait_s) => {
                tokio::time::sleep(Duration::from_secs(wait_s)).await;
                commenting.again()
            }
            Step::Ask(asked) => {
                let answer = sender.send(&asked).await;
                commenting.heard(answer.as_ref().map_err(String::as_str), Timestamp::now().as_second())
            }
        };
    }
}

/// The change that was named, or that of the job.
fn change(arguments: &CommentArguments) -> anyhow::Result<Change> {
    let variable = |name: &str| std::env::var(name).ok();
    let Some(name) = &arguments.to else {
        let event = variable("GITHUB_EVENT_PATH").map(|path| {
            let event = input::bytes(path.as_ref(), LARGEST).map_err(|error| anyhow!(error));
            let event = event.and_then(|event| Ok(serde_json::from_slice(&event)?));
            event.with_context(|| format!("cannot read the event in `{path}`"))
        });
        return Ok(of_environment(variable, event.transpose()?.as_ref())?);
    };
    let api = match Place::forge_of(name) {
        Some((Forge::GitLab, _)) => variable("CI_API_V4_URL").unwrap_or("https://gitlab.com/api/v4".into()),
        _ => variable("GITHUB_API_URL").unwrap_or("https://api.github.com".into()),
    };
    Ok(Change::Of(Place::named(name, &api)?))
}

/// The token of a forge, which is a secret from now on.
fn token(place: &Place) -> Option<String> {
    let names: &[&str] = match place.forge {
        Forge::GitHub => &["GITHUB_TOKEN", "GH_TOKEN"],
        Forge::GitLab => &["GITLAB_TOKEN"],
    };
    let token = names.iter().find_map(|name| std::env::var(name).ok().filter(|token| !token.is_empty()))?;
    learn_listed(std::slice::from_ref(&token));
    Some(token)
}
