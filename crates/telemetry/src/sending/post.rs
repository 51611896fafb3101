//! One message as one request.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use loadline_client::{Client, ClientConfig, ConfigErrors, Request, Shared, Tls};
use url::Url;

use crate::endpoint::Endpoint;
use crate::form::{Answer, Message};

/// Bytes of an answer that are looked at; an answer with more is none.
const LARGEST_ANSWER: u64 = 1 << 20;

/// A receiver that messages are posted to.
pub(super) struct Post {
    client: Client,
    url: Arc<Url>,
    headers: HeaderMap,
    /// What is posted to before anything else.
    first: Cell<Option<Url>>,
}

impl Post {
    /// What is needed for it, made before any load goes out.
    ///
    /// # Errors
    /// When the machine's certificates cannot be used.
    pub(super) fn shared(endpoint: &Endpoint) -> Result<Arc<Shared>, ConfigErrors> {
        Shared::new(ClientConfig {
            body_limit: LARGEST_ANSWER,
            tls: Tls { insecure_skip_verify: endpoint.insecure, ..Tls::default() },
            ..ClientConfig::default()
        })
    }

    pub(super) fn new(endpoint: &Endpoint, shared: Arc<Shared>) -> Self {
        let (headers, first) = (endpoint.headers.clone(), Cell::new(endpoint.first.clone()));
        Self { client: Client::new(shared), url: Arc::new(endpoint.url.clone()), headers, first }
    }

    /// What the receiver says to a message, within this time; or why it says nothing.
    pub(super) async fn send(&self, message: &Message, timeout: Duration) -> Result<Answer, String> {
        if let Some(url) = self.first.take() {
            let headers = self.headers.clone();
            let request =
                Request { headers, timeout, max_redirects: 0, ..Request::new(Method::POST, url.clone()) };
            let exchange = self.client.send(request, None).await;
            if let Err(failure) = &exchange.last().outcome {
                self.first.set(Some(url));
                return Err(failure.to_string());
            }
        }
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
        Ok(Answer {
            status: response.status,
            line: response.status_text(),
            headers: fields.collect(),
            body: response.body.clone(),
        })
    }
}
