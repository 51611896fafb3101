//! From arguments to an exit code.

use anyhow::Result;
use http::Method;
use loadline_runner::{Ending, Ends as _, Failure};
use serde_json::{Map, Value, json};

use super::arguments::{ControlArguments, Deed, SetArguments, TypedRate};
use super::sender::Sender;
use super::words;
use crate::common::{json_text, print, told};

/// Asks the run, and says what it answered.
pub(crate) fn control(arguments: &ControlArguments) -> Result<Ending, Failure> {
    let token = arguments.token.read().ends(Ending::Configuration)?;
    let sender = Sender::new(&arguments.address.0, token.as_ref()).ends(Ending::Configuration)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let (answer, text) = runtime.block_on(ask(&sender, &arguments.deed))?;
    runtime.shutdown_background();
    let text = if arguments.json { json_text(&answer).ends(Ending::CouldNotRun)? } else { text };
    Ok(told(print(text.as_bytes()), Ending::Passed))
}

async fn ask(sender: &Sender, deed: &Deed) -> Result<(Value, String), Failure> {
    match deed {
        Deed::Status => status(sender).await,
        Deed::Pause => change(sender, json!({ "paused": true })).await,
        Deed::Resume => change(sender, json!({ "paused": false })).await,
        Deed::Stop => {
            let answer =
                sender.ask(Method::PATCH, "/v1/status", Some(asked(&json!({ "stopped": true })))).await?;
            Ok((answer, "the run is stopping: iterations under way may end\n".to_owned()))
        }
        Deed::Set(set) => self::set(sender, set).await,
        Deed::Mark(mark) => {
            let body = asked(&json!({ "words": mark.words.join(" ") }));
            let answer = sender.ask(Method::POST, "/v1/events", Some(body)).await?;
            Ok((answer, "marked\n".to_owned()))
        }
        Deed::Stats => {
            let answer = sender.ask(Method::GET, "/v1/metrics", None).await?;
            let text = words::metrics(&answer);
            Ok((answer, text))
        }
    }
}

async fn status(sender: &Sender) -> Result<(Value, String), Failure> {
    let mut answer = sender.ask(Method::GET, "/v1/status", None).await?;
    let scenarios = sender.ask(Method::GET, "/v1/scenarios", None).await?;
    let text = words::status(&answer, &scenarios);
    answer["included"] = scenarios["data"].clone();
    Ok((answer, text))
}

async fn change(sender: &Sender, attributes: Value) -> Result<(Value, String), Failure> {
    sender.ask(Method::PATCH, "/v1/status", Some(asked(&attributes))).await?;
    status(sender).await
}

async fn set(sender: &Sender, set: &SetArguments) -> Result<(Value, String), Failure> {
    if set.vus.is_none() && set.max_vus.is_none() && set.rate.is_none() {
        return Err(Failure::new(Ending::Configuration, "say what to set: `--vus`, `--max-vus` or `--rate`"));
    }
    let name = match &set.scenario {
        Some(name) => name.clone(),
        None => only_scenario(sender).await?,
    };
    let mut attributes = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            attributes.insert(name.to_owned(), value);
        }
    };
    put("vus", set.vus.map(Value::from));
    put("vus-max", set.max_vus.map(Value::from));
    put("rate", set.rate.map(|rate| rate.count.into()));
    put("time-unit", set.rate.and_then(TypedRate::time_unit).map(Value::from));
    let path = format!("/v1/scenarios/{}", encoded(&name));
    let answer = sender.ask(Method::PATCH, &path, Some(asked(&Value::Object(attributes)))).await?;
    let text = words::one(&answer["data"]);
    Ok((answer, text))
}

async fn only_scenario(sender: &Sender) -> Result<String, Failure> {
    let answer = sender.ask(Method::GET, "/v1/scenarios", None).await?;
    let names: Vec<&str> =
        answer["data"].as_array().into_iter().flatten().filter_map(|one| one["id"].as_str()).collect();
    match names.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => Err(Failure::new(Ending::Failed, "the run is still being prepared")),
        several => {
            let names: Vec<String> = several.iter().map(|name| format!("`{name}`")).collect();
            let text = format!("say which scenario: the run has {}", names.join(", "));
            Err(Failure::new(Ending::Configuration, text))
        }
    }
}

fn asked(attributes: &Value) -> Value {
    json!({ "data": { "attributes": attributes } })
}

/// A name as a part of a path: whatever is no letter or digit is encoded.
fn encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
