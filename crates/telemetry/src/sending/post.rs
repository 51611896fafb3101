//! One message as one request.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use loadline_client::{Client, ClientConfig, ConfigErrors, Request, Shared, Tls};
use url::Url;

use crate::endpoint::Endpoint;
use crate::form::{Answer, Message};

/// Bytes of an answer that are looked at; an answer with more is none.
const LARGEST_ANSWER: u64 = 1 << 20;
/// … and that are quoted.
const QUOTED: usize = 300;

/// A receiver that messages are posted to.
pub(crate) struct Post {
    client: Client,
    url: Arc<Url>,
    headers: HeaderMap,
}

impl Post {
    /// What is needed for it, made before any load goes out.
    ///
    /// # Errors
    /// When the machine's certificates cannot be used.
    pub(crate) fn shared(endpoint: &Endpoint) -> Result<Arc<Shared>, ConfigErrors> {
        Shared::new(ClientConfig {
            body_limit: LARGEST_ANSWER,
            tls: Tls { insecure_skip_verify: endpoint.insecure, ..Tls::default() },
            ..ClientConfig::default()
        })
    }

    pub(crate) fn new(endpoint: &Endpoint, shared: Arc<Shared>) -> Self {
        let headers = endpoint.headers.clone();
        Self { client: Client::new(shared), url: Arc::new(endpoint.url.clone()), headers }
    }

    /// What the receiver says to a message, within this time; or why it says nothing.
    pub(super) async fn send(&self, message: &Message, timeout: Duration) -> Result<Answer, String> {
        let mut headers = self.headers.clone();
        for (name, value) in message.fields {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let request = Request {
            url: Arc::clone(&self.url),
            headers,
            body: message.body.clone(),
            timeout,
            max_redirects: 0,
            ..Request::new(Method::POST, (*self.url).clone())
        };
        let exchange = self.client.send(request, None).await;
        let response = exchange.last().outcome.as_ref().map_err(ToString::to_string)?;
        let fields = response.headers.iter().filter_map(|field| {
            let name = HeaderName::try_from(field.name).ok()?;
            Some((name, HeaderValue::try_from(&*field.text()).ok()?))
        });
        let body = &response.body[..response.body.len().min(QUOTED)];
        Ok(Answer {
            status: response.status,
            line: response.status_text(),
            headers: fields.collect(),
            text: String::from_utf8_lossy(body).trim().to_owned(),
        })
    }
}
