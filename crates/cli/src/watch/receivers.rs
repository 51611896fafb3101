//! Receivers with their addresses and keys, read from where the project says that they are.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use loadline_client::{Client, ClientConfig, Request, Shared, parse_url};
use loadline_secrets::{learn_listed, learn_url, masked};
use loadline_verdict::escape;
use loadline_watch::Severity;
use loadline_watch::notify::{Kind, Notice, Place, Post, Receiver, is_taken, mail, posts};
use url::Url;

use super::mailing::Mailing;
use super::refused::Refused;
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
    way: Way,
}

/// How it is reached.
enum Way {
    Http(Box<(Client, Url)>),
    Mail(Box<Mailing>),
}

impl Ready {
    /// A receiver with its address and key; of several people who read e-mail, each is one.
    pub(super) fn of(receiver: &Receiver) -> Result<Vec<Self>> {
        let what = || format!("the receiver `{}` of `[watch]`", receiver.name);
        let url = match &receiver.url {
            Some(place) => found(place).with_context(what)?,
            None => receiver.kind.usual_url().unwrap_or_default().to_owned(),
        };
        let key = receiver.key.as_ref().map(found).transpose().with_context(what)?;
        if let Some(key) = &key {
            learn_listed(std::slice::from_ref(key));
        }
        let ready = |name: String, way: Way| Self {
            name,
            kind: receiver.kind,
            key: key.clone(),
            from: receiver.from,
            way,
        };
        if let Some(addresses) = &receiver.mail {
            let user = addresses.user.as_ref().map(found).transpose().with_context(what)?;
            let ways = Mailing::all(&url, user.zip(key.clone()), addresses).with_context(what)?;
            let people = addresses.to.iter().zip(ways);
            let one = |(to, way)| ready(format!("{} to {to}", receiver.name), Way::Mail(Box::new(way)));
            return Ok(people.map(one).collect());
        }
        if receiver.url.as_ref().is_some_and(|place| !place.is_said()) {
            // All of it: the path of a webhook is its secret.
            learn_listed(std::slice::from_ref(&url));
        }
        learn_url(&url);
        let url = parse_url(&url).with_context(what)?;
        let client = Client::new(Shared::new(ClientConfig::default())?);
        Ok(vec![ready(receiver.name.clone(), Way::Http(Box::new((client, url))))])
    }

    /// Tells it once; an Alertmanager keeps it for `lasts_s` seconds.
    pub(super) async fn tell(&self, notices: &[Notice], lasts_s: u64) -> Result<(), Refused> {
        match &self.way {
            Way::Mail(mailing) => mailing.send(&mail(notices)).await,
            Way::Http(http) => {
                for post in posts(self.kind, notices, self.key.as_deref(), lasts_s) {
                    self.post(http, &post).await?;
                }
                Ok(())
            }
        }
    }

    /// Posts it once. Why it was not taken, in words without secrets.
    async fn post(&self, (client, at): &(Client, Url), post: &Post) -> Result<(), Refused> {
        let said = |error: String| escape(&masked(&error)).into_owned();
        let cannot = |error: String| Refused::for_now(said(error));
        let base = at.as_str().trim_end_matches('/');
        let url =
            if post.path.is_empty() { Ok(at.clone()) } else { parse_url(&format!("{base}{}", post.path)) };
        let url = url.map_err(|error| cannot(error.to_string()))?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let once = post.once.bytes().map(|byte| if (0x21..0x7f).contains(&byte) { byte } else { b'_' });
        if let Ok(once) = HeaderValue::from_bytes(&once.collect::<Vec<u8>>()) {
            headers.insert("idempotency-key", once);
        }
        if let Some(value) = self.key.as_ref().and_then(|key| self.kind.authorization(key)) {
            let value = HeaderValue::from_str(&value)
                .map_err(|_| cannot("its key can't be sent in a header".to_owned()))?;
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
        let exchange = client.send(request, None).await;
        match &exchange.last().outcome {
            Ok(response) => is_taken(self.kind, response.status, &response.body)
                .map_err(|why| Refused::by_status(response.status, said(why))),
            Err(failure) => Err(cannot(failure.to_string())),
        }
    }
}

/// What stands at a place.
pub(super) fn found(place: &Place) -> Result<String> {
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
