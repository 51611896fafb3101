//! A Prometheus, asked over its HTTP API.
//!
//! Queries go as forms, because a thousand endpoints in one query are longer than what servers take as an address.
//!
//! Source: <https://prometheus.io/docs/prometheus/latest/querying/api/>.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use loadline_client::{Client, ClientConfig, Request, Shared, parse_url};
use loadline_prometheus::Answer;
use loadline_secrets::masked;
use loadline_verdict::escape;
use url::Url;
use url::form_urlencoded::Serializer;

use super::Header;

/// A query that takes longer is too much for it.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The server, and what it is told with each query.
pub(crate) struct Prometheus {
    client: Client,
    base: Url,
    headers: HeaderMap,
    /// Its address for people.
    pub(crate) shown: String,
}

impl Prometheus {
    /// The server at this address, which may have a path.
    pub(crate) fn new(url: &str, headers: &[Header]) -> Result<Self> {
        let base = parse_url(url)?;
        let mut all = HeaderMap::new();
        all.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        for header in headers {
            all.append(header.name.clone(), header.value.clone());
        }
        let client = Client::new(Shared::new(ClientConfig::default())?);
        Ok(Self { client, base, headers: all, shown: escape(&masked(url)).into_owned() })
    }

    /// What it answers to a call such as `query_range`, which may be that the query is wrong.
    pub(crate) async fn ask(&self, call: &str, parameters: &[(&str, &str)]) -> Result<Bytes> {
        let mut url = self.base.clone();
        let segments = url.path_segments_mut();
        segments
            .ok()
            .context("the address of Prometheus has no path")?
            .pop_if_empty()
            .extend(["api", "v1", call]);
        let body = Serializer::new(String::new()).extend_pairs(parameters).finish();
        let request = Request {
            timeout: TIMEOUT,
            headers: self.headers.clone(),
            body: body.into(),
            ..Request::new(Method::POST, url)
        };
        let exchange = self.client.send(request, None).await;
        let response = exchange.last().outcome.as_ref().map_err(Clone::clone);
        let response = response.with_context(|| format!("cannot ask `{}`", self.shown))?;
        // What is wrong with a query is said in JSON, under a status of its own.
        if response.status != 200 && !response.body.starts_with(b"{") {
            bail!("`{}` answers {}", self.shown, escape(&response.status_text()));
        }
        Ok(response.body.clone())
    }

    /// What it answers to a query at a time, in seconds since 1970 UTC.
    pub(crate) async fn moment(&self, query: &str, at_s: i64) -> Result<Answer> {
        let body = self.ask("query", &[("query", query), ("time", &at_s.to_string())]).await?;
        self.read(&body)
    }

    /// Its answer, or why it is none.
    pub(crate) fn read(&self, body: &[u8]) -> Result<Answer> {
        Answer::read(body).with_context(|| format!("cannot use what `{}` answers", self.shown))
    }
}
