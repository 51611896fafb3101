//! An address that messages are posted to, and what goes with each of them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use loadline_client::parse_url;
use loadline_secrets::{masked, says_secret};
use url::Url;

use crate::receiver::Kind;
use crate::variables::SettingsError;

/// How messages are brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// As requests of HTTP.
    Http,
    /// As calls of gRPC.
    Grpc,
}

/// Where messages go.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) url: Url,
    pub(crate) protocol: Protocol,
    /// What is posted to once, before anything else, whatever comes of it.
    pub(crate) first: Option<Url>,
    pub(crate) headers: HeaderMap,
    /// Accept any certificate.
    pub(crate) insecure: bool,
}

impl Endpoint {
    /// The endpoint at an address; one without a path has the usual one.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn new(kind: Kind, address: &str, usual_path: &str) -> Result<Self, SettingsError> {
        let wrong = |problem: String| SettingsError::Address { kind: kind.name(), problem };
        let mut url = parse_url(address).map_err(|failure| wrong(failure.to_string()))?;
        if url.path() == "/" {
            url.set_path(usual_path);
        }
        Ok(Self { url, protocol: Protocol::Http, first: None, headers: HeaderMap::new(), insecure: false })
    }

    /// Who asks, as Basic authentication (RFC 7617).
    pub(crate) fn basic(&mut self, user: &str, password: &str) {
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        // Base64 is all that a field's value may be.
        if let Ok(value) = HeaderValue::try_from(format!("Basic {credentials}")) {
            self.headers.insert(AUTHORIZATION, value);
        }
    }

    /// Adds a header field.
    ///
    /// # Errors
    /// What it should be, without its value.
    pub(crate) fn header(&mut self, name: &str, value: &str) -> Result<(), String> {
        let (name, value) = (name.trim(), value.trim());
        let parsed = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
        let (name, value) = parsed
            .ok_or_else(|| "use names of letters, digits and `-`, and values on one line".to_owned())?;
        self.headers.insert(name, value);
        Ok(())
    }

    /// Adds a list such as `key1:value1,key2:value2`.
    ///
    /// # Errors
    /// What it should be.
    pub(crate) fn header_list(&mut self, text: &str, between: char) -> Result<(), String> {
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair
                .split_once(between)
                .ok_or_else(|| format!("write `name{between}value,name{between}value`"))?;
            self.header(name, value)?;
        }
        Ok(())
    }

    /// What must not be shown.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let secret = |(name, value): (&HeaderName, &HeaderValue)| {
            (name == AUTHORIZATION || says_secret(name.as_str()))
                .then(|| value.to_str().ok())?
                .map(str::to_owned)
        };
        let mut secrets: Vec<String> = self.headers.iter().filter_map(secret).collect();
        // The token itself as well, without `Bearer`.
        let tokens: Vec<String> =
            secrets.iter().filter_map(|value| Some(value.split_once(' ')?.1.to_owned())).collect();
        secrets.extend(tokens);
        secrets.extend(self.url.password().map(str::to_owned));
        secrets
    }
}

/// The address without secrets.
impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&masked(self.url.as_str()))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Endpoint").field("url", &self.to_string()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_what_is_secret() {
        let mut endpoint =
            Endpoint::new(Kind::Prometheus, "http://me:hunter2@host", "/api/v1/write").unwrap();
        endpoint.basic("me", "hunter3");
        endpoint.header_list("X-Scope-OrgID:7, X-Api-Key:hunter4", ':').unwrap();
        let shown = format!("{endpoint} {endpoint:?}");
        assert!(shown.contains("host/api/v1/write") && !shown.contains("hunter"), "{shown}");
        let secrets = endpoint.secrets();
        assert!(
            secrets.contains(&"hunter2".to_owned()) && secrets.contains(&"hunter4".to_owned()),
            "{secrets:?}"
        );
        assert!(!secrets.contains(&"7".to_owned()));
    }

    #[test]
    fn an_address_keeps_its_path_and_says_what_it_should_be() {
        let path =
            |text| Endpoint::new(Kind::Prometheus, text, "/api/v1/write").unwrap().url.path().to_owned();
        assert_eq!(path("https://h/"), "/api/v1/write");
        assert_eq!(path("https://h/api/prom/push"), "/api/prom/push");
        let wrong = Endpoint::new(Kind::Prometheus, "localhost:9090", "/").unwrap_err().to_string();
        assert!(wrong.contains("output `prometheus`") && wrong.contains("https://host/path"), "{wrong}");
        let mut endpoint = Endpoint::new(Kind::Prometheus, "http://h", "/").unwrap();
        assert!(endpoint.header_list("a", ':').unwrap_err().contains("name:value"));
        assert!(endpoint.header("a b", "c").is_err());
    }
}
