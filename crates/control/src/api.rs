//! What can be asked, and what is answered: k6's paths, and ours beside them.

use std::sync::Arc;

use http::{Method, StatusCode};
use loadline_load::{Control, Setting, SteerError};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::board::Board;
use crate::pace::{MOST, Pace};
use crate::run_form::{events, groups, meta, metric, metrics, status};
use crate::scenario_form::{scenario, scenarios, setting};
use crate::setup::Setup;

/// Characters of what is marked.
const LONGEST_WORDS: usize = 200;

/// Answers what is asked about a run.
pub struct Api {
    control: Control,
    board: Board,
    setup: Box<dyn Setup>,
    pace: Pace,
}

impl Api {
    /// One for a run that this handle steers, and that is put on this board.
    pub fn new(control: Control, board: Board, setup: Box<dyn Setup>) -> Arc<Self> {
        Arc::new(Self { control, board, setup, pace: Pace::default() })
    }

    /// What is answered. `path` is still encoded as it came.
    pub fn answer(&self, method: &Method, path: &str, body: &[u8], now: Instant) -> Answer {
        let path = decoded(path);
        let parts: Vec<&str> = path.trim_start_matches('/').splitn(3, '/').collect();
        let changes = !matches!(*method, Method::GET | Method::HEAD);
        if changes && !self.pace.admits(now) {
            return Answer::error(
                StatusCode::TOO_MANY_REQUESTS,
                &format!("more than {MOST} changes in a second: nothing was done"),
            );
        }
        let asked = match *method {
            Method::GET | Method::HEAD => self.look(&parts),
            Method::PATCH => self.patch(&parts, body),
            Method::POST => self.post(&parts, body),
            Method::PUT => self.put(&parts, body),
            _ => None,
        };
        asked.unwrap_or_else(|| match allowed(&parts) {
            Some(methods) => Answer::error(
                StatusCode::METHOD_NOT_ALLOWED,
                &format!("`{}` is asked with {methods}", path.chars().take(80).collect::<String>()),
            ),
            None => Answer::error(
                StatusCode::NOT_FOUND,
                "there are /v1/status, /v1/scenarios, /v1/metrics, /v1/groups, /v1/events, /v1/setup and /v1/teardown",
            ),
        })
    }

    fn look(&self, parts: &[&str]) -> Option<Answer> {
        Some(match parts {
            ["" | "ping"] => Answer::ok(Value::from("ok")),
            ["v1", "status"] => self.status(),
            ["v1", "metrics"] => Answer::ok(metrics(&self.board.figures())),
            ["v1", "metrics", name] => match self.board.figures().metrics.get(*name) {
                Some(figure) => Answer::ok(json!({ "data": metric(name, figure) })),
                None => Answer::error(StatusCode::NOT_FOUND, "no metric of that name has a value"),
            },
            ["v1", "groups"] => Answer::ok(json!({ "data": groups(&self.board.figures().root) })),
            ["v1", "groups", id] => {
                let found = groups(&self.board.figures().root).into_iter().find(|group| group["id"] == **id);
                match found {
                    Some(group) => Answer::ok(json!({ "data": group })),
                    None => Answer::error(StatusCode::NOT_FOUND, "no group has that id"),
                }
            }
            ["v1", "scenarios"] => Answer::ok(scenarios(&self.control.status())),
            ["v1", "scenarios", name] => self.scenario(name),
            ["v1", "events"] => Answer::ok(events(&self.board.events())),
            ["v1", "setup"] => self.setup(),
            _ => return None,
        })
    }

    fn patch(&self, parts: &[&str], body: &[u8]) -> Option<Answer> {
        let answer = match parts {
            ["v1", "status"] => self.patch_status(body),
            ["v1", "scenarios", name] => self.patch_scenario(name, body),
            _ => return None,
        };
        Some(answer.unwrap_or_else(|refused| refused))
    }

    fn post(&self, parts: &[&str], body: &[u8]) -> Option<Answer> {
        Some(match parts {
            ["v1", "events"] => self.mark(body).unwrap_or_else(|refused| refused),
            ["v1", "setup"] => match self.setup.data() {
                // It runs once, by itself, when the run is prepared.
                Some(_) => self.setup(),
                None => Answer::error(
                    StatusCode::CONFLICT,
                    "setup() runs by itself before the scenarios, and has returned nothing yet",
                ),
            },
            ["v1", "teardown"] => Answer::error(
                StatusCode::CONFLICT,
                "teardown() runs by itself when the scenarios are over; stop the run with `stopped`",
            ),
            _ => return None,
        })
    }

    fn put(&self, parts: &[&str], body: &[u8]) -> Option<Answer> {
        let ["v1", "setup"] = parts else { return None };
        let data = if body.is_empty() { Ok(None) } else { serde_json::from_slice(body).map(Some) };
        Some(match data {
            Ok(data) => match self.setup.bring(data) {
                Ok(()) => self.setup(),
                Err(why) => Answer::error(StatusCode::CONFLICT, &why),
            },
            Err(error) => Answer::error(StatusCode::BAD_REQUEST, &format!("the body is no JSON: {error}")),
        })
    }

    fn status(&self) -> Answer {
        Answer::ok(status(&self.control.status(), self.board.figures().tainted))
    }

    fn setup(&self) -> Answer {
        let data = self.setup.data().map_or_else(|| json!({}), |data| json!({ "data": data }));
        Answer::ok(json!({ "data": { "type": "setupData", "id": "default", "attributes": data } }))
    }

    fn scenario(&self, name: &str) -> Answer {
        let status = self.control.status();
        match status.scenarios.iter().find(|scenario| scenario.progress.name == name) {
            Some(found) => Answer::ok(scenario(&status, found)),
            None => Answer::refused(&no_scenario(name, &self.control)),
        }
    }

    /// As k6 takes it: `stopped` first, or `paused`, and then the VUs of a scenario that is externally controlled.
    /// Where there is none, of the only one that has some to set.
    fn patch_status(&self, body: &[u8]) -> Result<Answer, Answer> {
        let asked = Asked::read(body)?;
        asked.only(&["status", "paused", "vus", "vus-max", "stopped", "running", "tainted"])?;
        let refused = |error: SteerError| Answer::refused(&error);
        let (vus, max_vus) = (asked.whole("vus")?, asked.whole("vus-max")?);
        let paused = asked.flag("paused")?;
        if asked.flag("stopped")? == Some(true) {
            self.control.stop_by_hand().map_err(refused)?;
            return Ok(self.status());
        }
        if vus.is_some() || max_vus.is_some() {
            let name = self.externally_controlled()?;
            self.control.set(&name, &Setting { vus, max_vus, rate: None }).map_err(refused)?;
        }
        match paused {
            Some(true) => self.control.pause().map_err(refused)?,
            Some(false) => self.control.resume().map_err(refused)?,
            None => 0,
        };
        Ok(self.status())
    }

    fn externally_controlled(&self) -> Result<String, Answer> {
        let status = self.control.status();
        let named = |is: &dyn Fn(&&loadline_load::ScenarioStatus) -> bool| -> Vec<String> {
            status.scenarios.iter().filter(is).map(|one| one.progress.name.clone()).collect()
        };
        if status.scenarios.is_empty() {
            return Err(Answer::refused(&SteerError::Preparing));
        }
        let first = named(&|one| one.executor == "externally-controlled").into_iter().next();
        let settable = named(&|one| one.has_vus);
        match (first, settable.as_slice()) {
            (Some(name), _) => Ok(name),
            (None, [only]) => Ok(only.clone()),
            (None, []) => Err(Answer::error(
                StatusCode::CONFLICT,
                "no scenario of this run has a number of VUs that can be set",
            )),
            (None, several) => Err(Answer::error(
                StatusCode::CONFLICT,
                &format!(
                    "several scenarios have VUs to set: {}; say which, at /v1/scenarios/NAME",
                    several.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                ),
            )),
        }
    }

    fn patch_scenario(&self, name: &str, body: &[u8]) -> Result<Answer, Answer> {
        let asked = Asked::read(body)?;
        let status = self.control.status();
        let found = status.scenarios.iter().find(|scenario| scenario.progress.name == name);
        let setting = setting(&asked, found)?;
        self.control.set(name, &setting).map_err(|error| Answer::refused(&error))?;
        Ok(self.scenario(name))
    }

    fn mark(&self, body: &[u8]) -> Result<Answer, Answer> {
        let asked = Asked::read(body)?;
        asked.only(&["words"])?;
        let words = asked.text("words")?.unwrap_or_default().trim();
        if words.is_empty() {
            return Err(Asked::wrong("words", "a text that says what happened"));
        }
        let words: String = words.chars().take(LONGEST_WORDS).collect();
        self.control.mark(&words).map_err(|error| Answer::refused(&error))?;
        let event = json!({ "type": "events", "attributes": { "words": words } });
        Ok(Answer::created(json!({ "data": event, "meta": meta(&self.control.status()) })))
    }
}

fn no_scenario(name: &str, control: &Control) -> SteerError {
    let known = control.status().scenarios.into_iter().map(|scenario| scenario.progress.name);
    SteerError::NoScenario { name: name.chars().take(80).collect(), known: known.collect() }
}

/// With what a path is asked that there is.
fn allowed(parts: &[&str]) -> Option<&'static str> {
    match parts {
        ["v1", "status"] | ["v1", "scenarios", _] => Some("GET and PATCH"),
        ["v1", "events"] => Some("GET and POST"),
        ["v1", "setup"] => Some("GET, POST and PUT"),
        ["v1", "teardown"] => Some("POST"),
        ["" | "ping"] | ["v1", "metrics" | "groups" | "scenarios"] | ["v1", "metrics" | "groups", _] => {
            Some("GET")
        }
        _ => None,
    }
}

/// A path without `%7B` and the like; what is no text then is left as it came.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| first == b'%');
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded() {
        for (path, expected) in [
            (
                "/v1/metrics/http_req_duration%7Bexpected_response:true%7D",
                "/v1/metrics/http_req_duration{expected_response:true}",
            ),
            ("/%", "/%"),
            ("/%4", "/%4"),
            ("/%zz%41", "/%zzA"),
            ("/%ff", "/%ff"),
        ] {
            assert_eq!(decoded(path), expected);
        }
    }

    #[test]
    fn what_is_not_there_is_said() {
        let api = Api::new(Control::new(), Board::new(), Box::new(crate::NoSetup));
        let now = Instant::now();
        let ask = |method: Method, path: &str, body: &str| {
            let answer = api.answer(&method, path, body.as_bytes(), now);
            (answer.status.as_u16(), answer.body.to_string())
        };
        for (method, path, body, expected) in [
            (Method::GET, "/", "", 200),
            (Method::GET, "/ping", "", 200),
            (Method::GET, "/v1/status", "", 200),
            (Method::GET, "/v1/metrics", "", 200),
            (Method::GET, "/v1/metrics/http_reqs", "", 404),
            (Method::GET, "/v1/groups/x", "", 404),
            (Method::GET, "/v1/scenarios/x", "", 404),
            (Method::GET, "/v1/other", "", 404),
            (Method::DELETE, "/v1/status", "", 405),
            (Method::PATCH, "/v1/metrics", "{}", 405),
            (Method::PATCH, "/v1/status", "", 400),
            (Method::PATCH, "/v1/status", r#"{"paused":"yes"}"#, 400),
            (Method::PATCH, "/v1/status", r#"{"pause":true}"#, 400),
            (Method::PATCH, "/v1/status", r#"{"vus":5}"#, 409),
            (Method::PATCH, "/v1/scenarios/x", r#"{"vus":5}"#, 409),
            (Method::PATCH, "/v1/scenarios/x", r#"{"rate":5,"time-unit":"soon"}"#, 400),
            (Method::POST, "/v1/events", r#"{"words":" "}"#, 400),
            (Method::POST, "/v1/setup", "", 409),
            (Method::PUT, "/v1/setup", "{}", 409),
            (Method::POST, "/v1/teardown", "", 409),
        ] {
            let (status, text) = ask(method.clone(), path, body);
            assert_eq!(status, expected, "{method} {path} {body}: {text}");
            assert_eq!(status >= 400, text.starts_with(r#"{"errors":["#), "{text}");
        }
        let (status, text) = ask(Method::PATCH, "/v1/status", r#"{"data":{"attributes":{"paused":true}}}"#);
        assert_eq!(status, 200);
        assert!(text.contains(r#""paused":true"#), "{text}");
        assert_eq!(ask(Method::POST, "/v1/events", r#"{"words":"deploy 7"}"#).0, 201);
        for _ in 0..MOST {
            ask(Method::POST, "/v1/events", r#"{"words":"again"}"#);
        }
        assert_eq!(ask(Method::POST, "/v1/events", r#"{"words":"again"}"#).0, 429);
    }
}
