//! Requests to a forge, over the network.

use std::borrow::Cow;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use loadline_client::{Client, ClientConfig, Request, Response, Shared, parse_url};
use loadline_forge::{Answer, Asked, Place, Verb};
use loadline_secrets::masked;

/// A forge that takes longer does not answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What sends them.
pub(super) struct Sender {
    client: Client,
    headers: HeaderMap,
}

impl Sender {
    /// With the headers of a place.
    pub(super) fn new(place: &Place, token: &str) -> anyhow::Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in place.headers(token) {
            let value = HeaderValue::from_str(&value).map_err(|_| {
                anyhow::anyhow!("the token can't be sent in a header: is there a line break in it?")
            })?;
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(Self { client: Client::new(Shared::new(ClientConfig::default())?), headers })
    }

    /// Sends one; why there is no answer, in words without secrets.
    pub(super) async fn send(&self, asked: &Asked) -> Result<Answer, String> {
        let method = match asked.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Patch => Method::PATCH,
            Verb::Put => Method::PUT,
        };
        let url = parse_url(&asked.url).map_err(|error| masked(&error.to_string()).into_owned())?;
        let request = Request {
            timeout: TIMEOUT,
            headers: self.headers.clone(),
            body: asked.body.clone().unwrap_or_default().into(),
            max_redirects: 0,
            ..Request::new(method, url)
        };
        let exchange = self.client.send(request, None).await;
        match &exchange.last().outcome {
            Ok(response) => Ok(answer(response)),
            Err(failure) => Err(masked(&failure.to_string()).into_owned()),
        }
    }
}

fn answer(response: &Response) -> Answer {
    let header =
        |names: &[&str]| names.iter().find_map(|name| response.headers.get(name)).map(Cow::into_owned);
    Answer {
        status: response.status,
        link: header(&["link"]),
        location: header(&["location"]),
        retry_after: header(&["retry-after"]),
        remaining: header(&["x-ratelimit-remaining", "ratelimit-remaining"]),
        reset: header(&["x-ratelimit-reset", "ratelimit-reset"]),
        body: response.body.to_vec(),
    }
}
