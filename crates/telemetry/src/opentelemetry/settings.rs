//! What k6's variables say about OpenTelemetry.

use std::time::Duration;

use crate::endpoint::{Endpoint, Protocol};
use crate::receiver::Kind;
use crate::variables::{SettingsError, Variables};

/// Where a collector of this machine is.
const GRPC: &str = "localhost:4317";
const HTTP: &str = "localhost:4318";
const PATH: &str = "/v1/metrics";
/// The method of OTLP over gRPC.
const METHOD: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
/// As in k6.
const INTERVAL: Duration = Duration::from_secs(10);

/// The names of variables behind the prefix.
const KNOWN: [&str; 17] = [
    "EXPORTER_PROTOCOL",
    "EXPORTER_TYPE",
    "HTTP_EXPORTER_ENDPOINT",
    "HTTP_EXPORTER_INSECURE",
    "HTTP_EXPORTER_URL_PATH",
    "HTTP_EXPORTER_USERNAME",
    "HTTP_EXPORTER_PASSWORD",
    "GRPC_EXPORTER_ENDPOINT",
    "GRPC_EXPORTER_INSECURE",
    "METRIC_PREFIX",
    "FLUSH_INTERVAL",
    "EXPORT_INTERVAL",
    "HEADERS",
    "SERVICE_NAME",
    "SERVICE_VERSION",
    "SINGLE_COUNTER_FOR_RATE",
    "TLS_INSECURE_SKIP_VERIFY",
];

/// A receiver of OTLP.
#[derive(Clone, Debug)]
pub(crate) struct OpenTelemetrySettings {
    pub(crate) endpoint: Endpoint,
    pub(crate) interval: Duration,
    pub(crate) said: Said,
}

/// What is said beside the values.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// What the name of every metric begins with.
    pub(crate) prefix: String,
    pub(crate) service_name: String,
    pub(crate) service_version: String,
    /// A rate is one counter with a `condition`, and not two.
    pub(crate) one_counter_for_rate: bool,
}

impl OpenTelemetrySettings {
    /// What its variables begin with, behind their owner's name.
    pub(crate) const PREFIX: &str = "OTEL_";

    /// What an address and the variables mean. An address is `http://host:4318` for HTTP, and `grpc://host:4317`
    /// or `grpcs://…` for gRPC.
    ///
    /// # Errors
    /// An address or a variable that is none.
    pub(crate) fn new(address: Option<&str>, variables: &Variables) -> Result<Self, SettingsError> {
        variables.only(Self::PREFIX, &KNOWN)?;
        let name = |rest: &str| format!("{}{rest}", Self::PREFIX);
        let text = |rest: &str| variables.text(&name(rest));
        let mut protocol = Protocol::Grpc;
        for variable in ["EXPORTER_TYPE", "EXPORTER_PROTOCOL"] {
            let said = variables.parsed(&name(variable), |value| match value {
                "grpc" => Ok(Protocol::Grpc),
                "http" | "http/protobuf" => Ok(Protocol::Http),
                _ => Err("use `grpc` or `http/protobuf`".to_owned()),
            })?;
            protocol = said.unwrap_or(protocol);
        }
        let (address, protocol) = if let Some(address) = address {
            typed(address, protocol)
        } else {
            let (variable, insecure, usual) = match protocol {
                Protocol::Grpc => ("GRPC_EXPORTER_ENDPOINT", "GRPC_EXPORTER_INSECURE", GRPC),
                Protocol::Http => ("HTTP_EXPORTER_ENDPOINT", "HTTP_EXPORTER_INSECURE", HTTP),
            };
            let insecure = variables.truth(&name(insecure))?;
            let place = text(variable);
            // As in k6, TLS unless told otherwise; but not for a collector of this machine that nobody named.
            let is_plain = insecure.unwrap_or(place.is_none());
            let place = place.unwrap_or_else(|| usual.to_owned());
            if place.contains("://") {
                typed(&place, protocol)
            } else {
                (format!("http{}://{place}", if is_plain { "" } else { "s" }), protocol)
            }
        };
        let path = text("HTTP_EXPORTER_URL_PATH");
        let path = if protocol == Protocol::Grpc { METHOD } else { path.as_deref().unwrap_or(PATH) };
        let mut endpoint = Endpoint::new(Kind::OpenTelemetry, &address, path)?;
        endpoint.protocol = protocol;
        if protocol == Protocol::Grpc {
            endpoint.url.set_path(METHOD);
        }
        variables.parsed(&name("HEADERS"), |list| endpoint.header_list(list, '='))?;
        if let (Some(user), Protocol::Http) = (text("HTTP_EXPORTER_USERNAME"), protocol) {
            endpoint.basic(&user, &text("HTTP_EXPORTER_PASSWORD").unwrap_or_default());
        }
        endpoint.insecure = variables.truth(&name("TLS_INSECURE_SKIP_VERIFY"))?.unwrap_or(false);
        // Windows are flushed as they come; this is how often k6 looks at its own buffer.
        variables.duration(&name("FLUSH_INTERVAL"))?;
        Ok(Self {
            endpoint,
            interval: variables.duration(&name("EXPORT_INTERVAL"))?.unwrap_or(INTERVAL),
            said: Said {
                prefix: text("METRIC_PREFIX").unwrap_or_default(),
                service_name: text("SERVICE_NAME").unwrap_or_else(|| "k6".to_owned()),
                service_version: text("SERVICE_VERSION")
                    .unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned()),
                one_counter_for_rate: variables.truth(&name("SINGLE_COUNTER_FOR_RATE"))?.unwrap_or(true),
            },
        })
    }
}

/// The address as one of HTTP, and the protocol: the one that it names, or else the usual.
fn typed(address: &str, usual: Protocol) -> (String, Protocol) {
    match address.split_once("://") {
        Some(("grpc", rest)) => (format!("http://{rest}"), Protocol::Grpc),
        Some(("grpcs", rest)) => (format!("https://{rest}"), Protocol::Grpc),
        Some(_) => (address.to_owned(), Protocol::Http),
        None => (format!("http://{address}"), usual),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(
        address: Option<&str>,
        list: &[(&str, &str)],
    ) -> Result<OpenTelemetrySettings, SettingsError> {
        let named = |(name, value): &(&str, &str)| (format!("K6_OTEL_{name}"), (*value).to_owned());
        OpenTelemetrySettings::new(address, &Variables::new(list.iter().map(named)))
    }

    #[track_caller]
    fn goes(address: Option<&str>, list: &[(&str, &str)], url: &str, protocol: Protocol) {
        let settings = settings(address, list).unwrap();
        assert_eq!((settings.endpoint.url.as_str(), settings.endpoint.protocol), (url, protocol));
    }

    #[test]
    fn where_it_goes() {
        let method = |start: &str| format!("{start}{METHOD}");
        goes(None, &[], &method("http://localhost:4317"), Protocol::Grpc);
        goes(Some("http://h:4318"), &[], "http://h:4318/v1/metrics", Protocol::Http);
        goes(Some("https://h/otlp/v1/metrics"), &[], "https://h/otlp/v1/metrics", Protocol::Http);
        goes(
            Some("grpc://h:4317"),
            &[("EXPORTER_PROTOCOL", "http/protobuf")],
            &method("http://h:4317"),
            Protocol::Grpc,
        );
        goes(Some("grpcs://h:4317"), &[], &method("https://h:4317"), Protocol::Grpc);
        goes(Some("h:4317"), &[], &method("http://h:4317"), Protocol::Grpc);
        goes(None, &[("EXPORTER_TYPE", "http")], "http://localhost:4318/v1/metrics", Protocol::Http);
        let http = ("EXPORTER_PROTOCOL", "http/protobuf");
        goes(None, &[http, ("HTTP_EXPORTER_ENDPOINT", "c:1")], "https://c:1/v1/metrics", Protocol::Http);
        let plain = [http, ("HTTP_EXPORTER_ENDPOINT", "c:1"), ("HTTP_EXPORTER_INSECURE", "true")];
        goes(None, &plain, "http://c:1/v1/metrics", Protocol::Http);
        goes(None, &[("GRPC_EXPORTER_ENDPOINT", "c:1")], &method("https://c:1"), Protocol::Grpc);
    }

    #[test]
    fn what_variables_say() {
        let said = settings(
            None,
            &[
                ("HEADERS", "api-key=abc,x=y=z"),
                ("METRIC_PREFIX", "k6_"),
                ("EXPORT_INTERVAL", "2s"),
                ("SERVICE_NAME", "shop-load"),
                ("SINGLE_COUNTER_FOR_RATE", "false"),
            ],
        )
        .unwrap();
        assert_eq!(said.endpoint.headers["x"], "y=z");
        assert_eq!((said.interval.as_secs(), said.said.prefix.as_str()), (2, "k6_"));
        assert!(said.said.service_name == "shop-load" && !said.said.one_counter_for_rate);
        for (name, value) in
            [("EXPORTER_PROTOCOL", "kafka"), ("TLS_CERTIFICATE", "a.pem"), ("FLUSH_INTERVAL", "0")]
        {
            let problem = settings(None, &[(name, value)]).unwrap_err().to_string();
            assert!(problem.contains(&format!("K6_OTEL_{name}")), "{problem}");
        }
    }
}
