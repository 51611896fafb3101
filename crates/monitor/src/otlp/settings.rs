//! What to send where, from the variables that OpenTelemetry's specification names.
//!
//! Source: <https://opentelemetry.io/docs/specs/otel/protocol/exporter/> and
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>. One difference: without an endpoint nothing is
//! sent, where the specification would try a collector on this machine.

use std::{fmt, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use super::pairs::NotAPair;
use super::{Sampler, SamplerError, pairs};

/// How to export.
#[derive(Clone, Debug)]
pub struct OtlpSettings {
    /// `service.name` and other attributes of the resource.
    pub resource: Vec<(String, String)>,
    /// Where traces go.
    pub traces: Option<Target>,
    /// Where metrics go.
    pub metrics: Option<Target>,
    /// Which traces are kept.
    pub sampler: Sampler,
    /// How many spans are sent when.
    pub batching: Batching,
    /// Between two exports of metrics.
    pub metric_interval: Duration,
}

/// Where one signal goes.
#[derive(Clone)]
pub struct Target {
    /// Like `http://127.0.0.1:4318/v1/traces`.
    pub url: Uri,
    /// Sent along, such as keys: their values reach no log.
    pub headers: HeaderMap,
    /// For one export with all its tries.
    pub timeout: Duration,
}

/// How spans are collected before they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    /// Spans that wait; what is beyond is dropped and counted.
    pub queue: usize,
    /// Spans in one export.
    pub most: usize,
    /// How long a span waits for others.
    pub delay: Duration,
}

/// A variable that can't be followed.
#[derive(Debug, thiserror::Error)]
pub enum OtlpError {
    /// Its value is wrong.
    #[error("`{name}` {problem}")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong, without the value where that may be secret.
        problem: String,
    },
    /// There is no such sampler.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
    /// The machine's trusted certificates can't be read.
    #[error("the trusted certificates of this machine cannot be read: {0}")]
    Certificates(#[source] std::io::Error),
    /// An exporter runs already.
    #[error("this monitor is exported already")]
    Twice,
    /// There is no runtime.
    #[error("exporting needs a tokio runtime: call it within one")]
    NoRuntime,
}

impl Default for Batching {
    /// The specification's defaults for `OTEL_BSP_*`.
    fn default() -> Batching {
        Batching { queue: 2_048, most: 512, delay: Duration::from_secs(5) }
    }
}

impl OtlpSettings {
    /// The settings in the environment, which `variable` looks up; `None` when no endpoint is configured or the SDK is disabled. An
    /// empty variable is one that is not set.
    ///
    /// # Errors
    /// A variable has a value that is not understood, or asks for what is not supported: other protocols than `http/protobuf`.
    pub fn from_variables(
        service: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<OtlpSettings>, OtlpError> {
        let variables = Variables(&|name: &str| {
            variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        });
        if variables.get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let (traces, metrics) = (variables.target("TRACES")?, variables.target("METRICS")?);
        if traces.is_none() && metrics.is_none() {
            return Ok(None);
        }
        let sampler = match variables.get("OTEL_TRACES_SAMPLER") {
            None => Sampler::default(),
            Some(name) => Sampler::parse(&name, variables.get("OTEL_TRACES_SAMPLER_ARG").as_deref())?,
        };
        let usual = Batching::default();
        let queue = variables.number("OTEL_BSP_MAX_QUEUE_SIZE", usual.queue as u64)? as usize;
        let most = variables.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", usual.most as u64)? as usize;
        let delay = variables.number("OTEL_BSP_SCHEDULE_DELAY", usual.delay.as_millis() as u64)?;
        let interval = variables.number("OTEL_METRIC_EXPORT_INTERVAL", 60_000)?;
        Ok(Some(OtlpSettings {
            resource: variables.resource(service)?,
            traces,
            metrics,
            sampler,
            batching: Batching { queue, most: most.min(queue), delay: Duration::from_millis(delay) },
            metric_interval: Duration::from_millis(interval),
        }))
    }
}

/// The environment.
struct Variables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }

    /// A signal's own variable, or else the one for all; with the name it was found under.
    fn of_signal(&self, signal: &str, rest: &str) -> Option<(String, String)> {
        let own = format!("OTEL_EXPORTER_OTLP_{signal}_{rest}");
        let all = format!("OTEL_EXPORTER_OTLP_{rest}");
        [own, all].into_iter().find_map(|name| self.get(&name).map(|value| (name, value)))
    }

    fn target(&self, signal: &str) -> Result<Option<Target>, OtlpError> {
        let exporter = format!("OTEL_{signal}_EXPORTER");
        match self.get(&exporter).as_deref() {
            None | Some("otlp") => {}
            Some("none") => return Ok(None),
            Some(other) => return Err(wrong(&exporter, format!("is `{other}`: use `otlp` or `none`"))),
        }
        let own = format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");
        let (name, url) = match (self.get(&own), self.get("OTEL_EXPORTER_OTLP_ENDPOINT")) {
            (Some(url), _) => (own, url),
            (None, Some(base)) => {
                let url = format!("{}/v1/{}", base.trim_end_matches('/'), signal.to_ascii_lowercase());
                ("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), url)
            }
            (None, None) => return Ok(None),
        };
        let parsed: Option<Uri> = url.parse().ok();
        let is_web = |url: &Uri| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some();
        let url = parsed.filter(is_web).ok_or_else(|| {
            wrong(&name, "is no URL of a collector: write it like `http://127.0.0.1:4318`".to_owned())
        })?;
        if let Some((name, protocol)) = self.of_signal(signal, "PROTOCOL")
            && protocol != "http/protobuf"
        {
            return Err(wrong(
                &name,
                format!("is `{protocol}`: only `http/protobuf` is spoken here, usually on port 4318"),
            ));
        }
        let timeout = match self.of_signal(signal, "TIMEOUT") {
            None => 10_000,
            Some((name, value)) => number(&name, &value)?,
        };
        let headers = match self.of_signal(signal, "HEADERS") {
            None => HeaderMap::new(),
            Some((name, value)) => headers(&name, &value)?,
        };
        Ok(Some(Target { url, headers, timeout: Duration::from_millis(timeout) }))
    }

    /// `OTEL_SERVICE_NAME` beats the `service.name` of `OTEL_RESOURCE_ATTRIBUTES`, which beats the program's own.
    fn resource(&self, service: &str) -> Result<Vec<(String, String)>, OtlpError> {
        const NAME: &str = "OTEL_RESOURCE_ATTRIBUTES";
        let mut resource = pairs::parse(&self.get(NAME).unwrap_or_default())
            .map_err(|NotAPair(pair)| wrong(NAME, format!("has `{pair}`, which is not like `key=value`")))?;
        let name = self.get("OTEL_SERVICE_NAME");
        if name.is_some() {
            resource.retain(|(key, _)| key != "service.name");
        }
        if !resource.iter().any(|(key, _)| key == "service.name") {
            resource.push(("service.name".to_owned(), name.unwrap_or_else(|| service.to_owned())));
        }
        Ok(resource)
    }

    fn number(&self, name: &str, usual: u64) -> Result<u64, OtlpError> {
        self.get(name).map_or(Ok(usual), |value| number(name, &value))
    }
}

fn number(name: &str, value: &str) -> Result<u64, OtlpError> {
    // An hour in milliseconds; a queue of more would be no bound.
    let number = value.parse().ok().filter(|number| (1..=3_600_000).contains(number));
    number.ok_or_else(|| wrong(name, format!("is `{value}`: use a whole number from 1 to 3600000")))
}

fn headers(name: &str, value: &str) -> Result<HeaderMap, OtlpError> {
    let problem =
        || wrong(name, "is not a list of headers: write it like `api-key=secret,other=value`".to_owned());
    let mut headers = HeaderMap::new();
    for (key, value) in pairs::parse(value).map_err(|_| problem())? {
        let key: HeaderName = key.parse().map_err(|_| problem())?;
        let mut value: HeaderValue = value.parse().map_err(|_| problem())?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(headers)
}

fn wrong(name: &str, problem: String) -> OtlpError {
    OtlpError::Variable { name: name.to_owned(), problem }
}

impl fmt::Debug for Target {
    /// Without the headers' values: keys stand there.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Target")
            .field("url", &self.url)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("timeout", &self.timeout)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Option<OtlpSettings>, OtlpError> {
        OtlpSettings::from_variables("holiday", |name| {
            variables.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_is_sent_unless_asked() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        for variables in [
            &[][..],
            &[("OTEL_SERVICE_NAME", "x")],
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")],
            &[endpoint, ("OTEL_SDK_DISABLED", "TRUE")],
            &[endpoint, ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_METRICS_EXPORTER", "none")],
        ] {
            assert!(settings(variables).unwrap().is_none(), "{variables:?}");
        }
    }

    #[test]
    fn one_endpoint_for_all_or_one_for_each() {
        let found = settings(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/base/"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://metrics.example/otlp"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20secret"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "500"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,deployment.environment.name=ci"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
        ])
        .unwrap()
        .unwrap();
        let (traces, metrics) = (found.traces.clone().unwrap(), found.metrics.clone().unwrap());
        assert_eq!(traces.url, "http://collector:4318/base/v1/traces");
        assert_eq!(metrics.url, "https://metrics.example/otlp");
        assert_eq!((traces.timeout.as_millis(), metrics.timeout.as_millis()), (500, 10_000));
        assert_eq!(traces.headers["api-key"], "a secret");
        assert_eq!(found.batching, Batching { queue: 100, most: 100, ..Batching::default() });
        assert!(found.resource.contains(&("service.name".to_owned(), "other".to_owned())));
        assert!(!format!("{found:?}").contains("a secret"));
    }

    #[test]
    fn the_service_s_name() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        let name = |variables: &[(&str, &str)]| {
            let resource = settings(variables).unwrap().unwrap().resource;
            resource
                .into_iter()
                .filter(|(key, _)| key == "service.name")
                .map(|(_, name)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(name(&[endpoint]), ["holiday"]);
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a");
        assert_eq!(name(&[endpoint, attributes]), ["a"]);
        assert_eq!(name(&[endpoint, attributes, ("OTEL_SERVICE_NAME", "b")]), ["b"]);
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        for (variable, expected) in [
            (("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), "only `http/protobuf`"),
            (("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "localhost:4318"), "http://127.0.0.1:4318"),
            (("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"), "whole number"),
            (("OTEL_BSP_MAX_QUEUE_SIZE", "0"), "whole number"),
            (("OTEL_TRACES_SAMPLER", "sometimes"), "always_on"),
            (("OTEL_METRICS_EXPORTER", "prometheus"), "`otlp` or `none`"),
            (("OTEL_RESOURCE_ATTRIBUTES", "nonsense"), "key=value"),
        ] {
            let error = settings(&[endpoint, variable]).unwrap_err().to_string();
            assert!(error.contains(variable.0) && error.contains(expected), "{error}");
        }
        let error = settings(&[endpoint, ("OTEL_EXPORTER_OTLP_HEADERS", "hush")]).unwrap_err().to_string();
        assert!(!error.contains("hush"), "{error}");
    }
}
