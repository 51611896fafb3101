//! What is asked, one request after the other.
//!
//! The comments of a change are looked through, page by page, for the first that begins with our mark; that one is
//! written over, or one is made. Where a request to make one got no answer, it may have been made all the same: they
//! are looked through again before another is made. A comment that has gone meanwhile, or is not ours to change, is
//! made anew. Where the forge takes no more requests for now it is waited for, a minute at most in all. A change that
//! comes from a fork may not be commented on by its own job: that is told and is no fault.

use serde_json::{Value, json};
use url::Url;

use crate::answer::Answer;
use crate::comment::Comment;
use crate::place::{Forge, Place};

/// Pages that are looked through, of a hundred comments each.
const MOST_PAGES: u32 = 100;
/// Seconds that are waited in all.
const PATIENCE_S: u64 = 60;
/// A request without a usable answer is made so many times more.
const MOST_AGAIN: u32 = 3;
/// A project that was renamed has few names.
const MOST_REDIRECTS: u32 = 3;

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PATCH`
    Patch,
    /// `PUT`
    Put,
}

/// A request; its headers are those of the [`Place`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub verb: Verb,
    /// The address.
    pub url: String,
    /// JSON, where there is a body.
    pub body: Option<String>,
}

/// What has to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A request; what comes of it is told by [`Commenting::heard`].
    Ask(Asked),
    /// Wait for so many seconds; then [`Commenting::again`].
    Wait(u64),
    /// It is over.
    End(End),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The comment is there.
    Made {
        /// Where people see it; empty where the forge does not say.
        url: String,
        /// Whether there was one before, that was written over.
        was_there: bool,
    },
    /// The job of a fork may not comment; what the forge says.
    NotAllowed(String),
    /// It is not there: why, and what to do.
    Failed(String),
}

/// Where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Looks through the comments.
    Looks { pages: u32 },
    /// Writes over one.
    Writes { id: u64 },
    /// Makes one.
    Makes,
}

/// A comment on its way.
#[derive(Debug)]
pub struct Commenting {
    place: Place,
    comment: Comment,
    state: State,
    asked: Asked,
    waited_s: u64,
    again: u32,
    redirects: u32,
    /// A comment that could not be written over, and is not looked for again.
    not_ours: Option<u64>,
}

impl Commenting {
    /// Nothing is asked yet.
    pub fn new(place: Place, comment: Comment) -> Self {
        let asked = Asked { verb: Verb::Get, url: String::new(), body: None };
        let state = State::Looks { pages: 0 };
        Self { place, comment, state, asked, waited_s: 0, again: 0, redirects: 0, not_ours: None }
    }

    /// The first step.
    pub fn begin(&mut self) -> Step {
        let page = match self.place.forge {
            Forge::GitHub => "per_page=100",
            Forge::GitLab => "per_page=100&sort=asc&order_by=created_at",
        };
        self.state = State::Looks { pages: 0 };
        self.ask(Verb::Get, self.place.comments(Some(page)))
    }

    /// The same request, after a wait.
    pub fn again(&self) -> Step {
        Step::Ask(self.asked.clone())
    }

    /// Takes the answer to what was asked, or why there is none; with the time, in seconds since 1970 UTC.
    pub fn heard(&mut self, answer: Result<&Answer, &str>, now_s: i64) -> Step {
        let answer = match answer {
            Ok(answer) => answer,
            Err(why) => return self.unanswered(why),
        };
        if let Some(wait_s) = answer.wait_s(now_s) {
            return self.limited(answer, wait_s);
        }
        match answer.status {
            200..=299 => self.taken(answer),
            301 | 302 | 307 | 308 => self.gone_to(answer),
            500.. => self.unanswered(&answer.fault()),
            _ => self.refused(answer),
        }
    }

    fn ask(&mut self, verb: Verb, url: String) -> Step {
        let body =
            (verb != Verb::Get).then(|| json!({ "body": self.comment.body(self.place.forge) }).to_string());
        self.asked = Asked { verb, url, body };
        self.redirects = 0;
        Step::Ask(self.asked.clone())
    }

    fn make(&mut self) -> Step {
        self.state = State::Makes;
        self.ask(Verb::Post, self.place.comments(None))
    }

    fn taken(&mut self, answer: &Answer) -> Step {
        let Some(body) = answer.json() else {
            return failed(&format!("what {} answers is not JSON", self.forge()));
        };
        match self.state.clone() {
            State::Looks { pages } => self.looked(answer, &body, pages + 1),
            state => {
                let url = body.get("html_url").and_then(Value::as_str).unwrap_or_default().to_owned();
                Step::End(End::Made { url, was_there: matches!(state, State::Writes { .. }) })
            }
        }
    }

    fn looked(&mut self, answer: &Answer, body: &Value, pages: u32) -> Step {
        let Some(comments) = body.as_array() else {
            return failed(&format!("what {} answers is no list of comments", self.forge()));
        };
        let ours = comments.iter().find_map(|comment| {
            let is_it = self.comment.is(comment.get("body")?.as_str()?);
            let id = comment.get("id")?.as_u64()?;
            (is_it && self.not_ours != Some(id)).then_some(id)
        });
        if let Some(id) = ours {
            self.state = State::Writes { id };
            let verb = if self.place.forge == Forge::GitHub { Verb::Patch } else { Verb::Put };
            return self.ask(verb, self.place.comment(id));
        }
        let Some(next) = answer.next_page() else { return self.make() };
        if pages >= MOST_PAGES {
            return failed(&format!(
                "the first {} comments of it are not ours, and no more are looked at",
                pages * 100
            ));
        }
        let Some(next) = self.known(next) else {
            return failed(
                "its next page of comments is said to be on another host, where the token must not go",
            );
        };
        self.state = State::Looks { pages };
        self.ask(Verb::Get, next)
    }

    /// An address that the forge gives, if it is its own.
    fn known(&self, address: &str) -> Option<String> {
        let url = Url::parse(&self.asked.url).ok()?.join(address).ok()?;
        self.place.is_ours(&url).then(|| url.into())
    }

    fn gone_to(&mut self, answer: &Answer) -> Step {
        self.redirects += 1;
        let url = answer.location.as_deref().and_then(|location| self.known(location));
        match url {
            Some(url) if self.redirects <= MOST_REDIRECTS => {
                self.asked.url = url;
                self.again()
            }
            _ => failed("it has moved to where it cannot be followed"),
        }
    }

    fn limited(&mut self, answer: &Answer, wait_s: u64) -> Step {
        if self.waited_s.saturating_add(wait_s) > PATIENCE_S {
            return failed(&format!(
                "{} takes no more requests for {wait_s} s ({})",
                self.forge(),
                answer.fault()
            ));
        }
        self.waited_s += wait_s;
        Step::Wait(wait_s)
    }

    fn unanswered(&mut self, why: &str) -> Step {
        if self.again == MOST_AGAIN {
            return failed(&format!("{} did not answer {} times: {why}", self.forge(), self.again + 1));
        }
        let wait_s = 1 << self.again;
        self.again += 1;
        if self.state == State::Makes {
            // It may have been made.
            let _ = self.begin();
        }
        Step::Wait(wait_s)
    }

    fn refused(&mut self, answer: &Answer) -> Step {
        let fault = answer.fault();
        let words = self.place.words();
        match (&self.state, answer.status) {
            (State::Writes { id }, 403 | 404 | 410) if self.not_ours.is_none() => {
                self.not_ours = Some(*id);
                self.make()
            }
            (_, 401) => failed(&format!("{} does not know the token ({fault})", self.forge())),
            (_, 403 | 404) if self.place.is_fork => Step::End(End::NotAllowed(fault)),
            (State::Makes, 403 | 404) => failed(&format!(
                "the token may not comment on {words} ({fault})\nhint: {}",
                self.permission()
            )),
            (_, 403 | 404) => failed(&format!(
                "{words} is not there, or the token may not see it ({fault})\nhint: {}",
                self.permission()
            )),
            _ => failed(&format!("{} refuses it ({fault})", self.forge())),
        }
    }

    fn forge(&self) -> &'static str {
        match self.place.forge {
            Forge::GitHub => "GitHub",
            Forge::GitLab => "GitLab",
        }
    }

    fn permission(&self) -> &'static str {
        match self.place.forge {
            Forge::GitHub => "give the job `permissions: { pull-requests: write }`",
            Forge::GitLab => "give `GITLAB_TOKEN` a project access token with the scope `api`",
        }
    }
}

fn failed(why: &str) -> Step {
    Step::End(End::Failed(why.to_owned()))
}

#[cfg(test)]
mod tests;
