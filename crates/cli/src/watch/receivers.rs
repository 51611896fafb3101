//! Receivers with their addresses and keys, read from where the project says that they are.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use loadline_client::{Client, ClientConfig, Request, Shared, parse_url};
use loadline_secrets::{learn_listed, learn_url, masked};
use loadline_verdict::escape;
use loadline_watch::Severity;
use loadline_watch::notify::{Kind, Place, Post, Receiver, is_taken};
use url::Url;

use crate::common::input;

/// Whoever takes longer has not taken it.
const TIMEOUT: Duration = Duration::from_secs(10);
/// No address or key is longer.
const LONGEST: u64 = 64 << 10;

/// Somebody who can be told.
pub(super) struct Ready {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) key: Option<String>,
    pub(super) from: Severity,
    client: Client,
    url: Url,
}

impl Ready {
    /// A receiver with its address and key.
    pub(super) fn new(receiver: &Receiver) -> Result<Self> {
        let what = || format!("the receiver `{}` of `[watch]`", receiver.name);
        let url = match &receiver.url {
            Some(place) => found(place).with_context(what)?,
            None => receiver.kind.usual_url().unwrap_or_default().to_owned(),
        };
        if receiver.url.as_ref().is_some_and(|place| !place.is_said()) {
            // All of it: the path of a webhook is its secret.
            learn_listed(std::slice::from_ref(&url));
        }
        learn_url(&url);
        let key = receiver.key.as_ref().map(found).transpose().with_context(what)?;
        if let Some(key) = &key {
            learn_listed(std::slice::from_ref(key));
        }
        let url = parse_url(&url).with_context(what)?;
        let client = Client::new(Shared::new(ClientConfig::default())?);
        Ok(Self { name: receiver.name.clone(), kind: receiver.kind, key, from: receiver.from, client, url })
    }

    /// Posts it once. Why it was not taken, in words without secrets.
    pub(super) async fn post(&self, post: &Post) -> Result<(), String> {
        let said = |error: String| escape(&masked(&error)).into_owned();
        let base = self.url.as_str().trim_end_matches('/');
        let url = if post.path.is_empty() {
            Ok(self.url.clone())
        } else {
            parse_url(&format!("{base}{}", post.path))
        };
        let url = url.map_err(|error| said(error.to_string()))?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let once = post.once.bytes().map(|byte| if (0x21..0x7f).contains(&byte) { byte } else { b'_' });
        if let Ok(once) = HeaderValue::from_bytes(&once.collect::<Vec<u8>>()) {
            headers.insert("idempotency-key", once);
        }
        if let Some(value) = self.key.as_ref().and_then(|key| self.kind.authorization(key)) {
            let value =
                HeaderValue::from_str(&value).map_err(|_| "its key can't be sent in a header".to_owned())?;
            headers.insert(AUTHORIZATION, value);
        }
        let body = post.body.to_string();
        let request = Request {
            timeout: TIMEOUT,
            headers,
            body: body.into(),
            max_redirects: 0,
            ..Request::new(Method::POST, url)
        };
        let exchange = self.client.send(request, None).await;
        match &exchange.last().outcome {
            Ok(response) => is_taken(self.kind, response.status, &response.body).map_err(said),
            Err(failure) => Err(said(failure.to_string())),
        }
    }
}

/// Says that the watch is alive.
pub(super) async fn heartbeat(beating: &Ready) -> Result<(), String> {
    let request = Request { timeout: TIMEOUT, ..Request::get(beating.url.clone()) };
    let exchange = beating.client.send(request, None).await;
    match &exchange.last().outcome {
        Ok(response) if (200..300).contains(&response.status) => Ok(()),
        Ok(response) => Err(format!("it answers {}", escape(&response.status_text()))),
        Err(failure) => Err(escape(&masked(&failure.to_string())).into_owned()),
    }
}

/// What stands at a place.
fn found(place: &Place) -> Result<String> {
    let text = match place {
        Place::Said(text) => text.clone(),
        Place::Environment(name) => {
            std::env::var(name).with_context(|| format!("the variable `{name}` is not set, or is no text"))?
        }
        Place::File(path) => input::text(path.as_ref(), LONGEST)
            .with_context(|| format!("cannot read `{path}`"))?
            .trim_end_matches(['\n', '\r'])
            .to_owned(),
    };
    if text.is_empty() {
        bail!("what is to be its address or key is empty");
    }
    Ok(text)
}
