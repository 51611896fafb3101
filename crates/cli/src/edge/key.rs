//! `loadline edge key`: the rule of a request, and its key part by part.

use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use loadline_edge::key::Part;
use loadline_edge::rules::{Applied, Asked, Asker, Rules};
use loadline_report::{column, plain, widest};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::escape;
use serde_json::json;

use super::arguments::KeyArguments;
use super::file;
use crate::common::{json_text, print, told};

/// Shows a request's key.
pub(crate) fn key(arguments: &KeyArguments) -> Result<Ending, Failure> {
    let (rules, path) = match &arguments.rules {
        Some(path) => {
            let (rules, path, _) = file::read(path)?;
            (rules, Some(path))
        }
        None => (Rules::default(), None),
    };
    let request = request(arguments)?;
    let content = arguments.data.clone().unwrap_or_default();
    let asked = rules.ask(request.clone(), content.as_bytes()).ends(Ending::Configuration)?;
    let text = if arguments.json {
        json_text(&as_json(&asked, &request)).ends(Ending::CouldNotRun)?
    } else {
        plain(&as_text(&asked, &request, path.as_deref()))
    };
    Ok(told(print(text.as_bytes()), Ending::Passed))
}

fn request(arguments: &KeyArguments) -> Result<Request<()>, Failure> {
    let url = arguments.url.as_str();
    let wrong = |why: &str| {
        let hint = "hint: write it like `https://shop.test/programs?page=2`";
        Failure::new(Ending::Configuration, format!("`{}` {why}\n{hint}", escape(url)))
    };
    // What stands behind a `#` is never sent.
    let sent = url.split('#').next().unwrap_or_default();
    let uri: Uri = sent.parse().map_err(|error| wrong(&format!("is no URL: {error}")))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(wrong("is not an http address with its host"));
    }
    let mut request = Request::new(());
    *request.method_mut() = arguments.method.clone();
    *request.uri_mut() = uri;
    for header in &arguments.headers {
        request.headers_mut().append(header.name.clone(), header.value.clone());
    }
    Ok(request)
}

fn as_text(asked: &Asked, request: &Request<()>, path: Option<&str>) -> String {
    let mut text = String::new();
    match (&asked.applied, path) {
        (Some(applied), Some(path)) => {
            let line = applied.rule.places.line;
            text += &format!("rule      {} ({}:{line})\n", escape(&applied.rule.name), escape(path));
            if !applied.calls.is_empty() {
                text +=
                    &format!("          a batch of {} calls: what all of them permit\n", applied.calls.len());
            }
            for (name, value) in says(applied) {
                text += &format!("          {name}: {}\n", escape(&value));
            }
            if !applied.rule.is_cacheable() {
                text += "          no cache that many share may keep its answers\n";
            }
        }
        (_, Some(path)) => {
            text += &format!("rule      none in `{}`: the answer's own words hold\n", escape(path));
        }
        (_, None) => text += "rule      none was given: `--rules FILE`\n",
    }
    text += "key\n";
    let names: Vec<String> = asked.key.parts.iter().map(|part| part.name.to_string()).collect();
    let width = widest(names.iter().map(String::as_str));
    for (name, part) in names.iter().zip(&asked.key.parts) {
        text += &format!("  {}  {}\n", column(name, width), shown(part));
    }
    text += &format!("text      {}\n", escape(&asked.key.to_string()));
    for left in asked.left_out(request) {
        text += &format!("left out  {}\n", escape(&left));
    }
    text
}

fn shown(part: &Part) -> String {
    match part.value.as_deref() {
        None => "(the request has none)".to_owned(),
        Some("") => "(empty)".to_owned(),
        Some(value) => escape(value).into_owned(),
    }
}

/// What a good answer to somebody of whom nothing is known says by a rule.
fn says(applied: &Applied) -> Vec<(String, String)> {
    let mut headers = HeaderMap::new();
    applied.rule.put(&Asker { method: Method::GET, is_authorized: false }, StatusCode::OK, &mut headers);
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

fn as_json(asked: &Asked, request: &Request<()>) -> serde_json::Value {
    let parts: Vec<_> = asked
        .key
        .parts
        .iter()
        .map(|part| json!({ "name": part.name.to_string(), "value": part.value }))
        .collect();
    let rule = asked.applied.as_ref().map(|applied| {
        json!({
            "name": applied.rule.name,
            "path": applied.rule.path.as_str(),
            "line": applied.rule.places.line,
            "calls": applied.calls,
            "cacheable": applied.rule.is_cacheable(),
            "says": says(applied).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        })
    });
    json!({
        "rule": rule,
        "parts": parts,
        "text": asked.key.to_string(),
        "left_out": asked.left_out(request),
    })
}
