//! Options of name resolution and TLS.

use std::fmt;
use std::time::Duration;

use loadline_client::{Dns, DnsPolicy, DnsSelect, DnsTtl, TlsVersion};
use serde_json::{Map, Value, json};

use crate::options::problem::Findings;
use crate::options::setting::{Fields, Setting, split};

/// The versions of TLS that may be used; `None` where nothing was said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TlsVersions {
    /// The oldest.
    pub min: Option<TlsVersion>,
    /// The newest.
    pub max: Option<TlsVersion>,
}

/// A client certificate.
#[derive(Clone, Eq, PartialEq)]
pub struct TlsAuth {
    /// Hosts it is shown to, `*` at the start of a name allowed; all when empty.
    pub domains: Vec<String>,
    /// The certificate, PEM.
    pub cert: String,
    /// Its key, PEM, not encrypted.
    pub key: String,
}

impl fmt::Debug for TlsAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsAuth").field("domains", &self.domains).finish_non_exhaustive()
    }
}

const SELECTS: &[(&str, DnsSelect)] =
    &[("first", DnsSelect::First), ("random", DnsSelect::Random), ("roundRobin", DnsSelect::RoundRobin)];

const POLICIES: &[(&str, DnsPolicy)] = &[
    ("preferIPv4", DnsPolicy::PreferIpv4),
    ("preferIPv6", DnsPolicy::PreferIpv6),
    ("onlyIPv4", DnsPolicy::OnlyIpv4),
    ("onlyIPv6", DnsPolicy::OnlyIpv6),
    ("any", DnsPolicy::Any),
];

const VERSIONS: &[(&str, TlsVersion)] = &[("tls1.2", TlsVersion::Tls12), ("tls1.3", TlsVersion::Tls13)];

/// Versions that are not spoken any more; as the oldest allowed one they mean no limit.
const OLD: &[&str] = &["ssl3.0", "tls1.0", "tls1.1"];

/// The meaning of a word, or a problem that names all words.
fn word<T: Copy>(words: &[(&str, T)], value: &Value, path: &str, findings: &mut Findings) -> Option<T> {
    let found = words.iter().find(|(word, _)| value.as_str() == Some(word)).map(|(_, meaning)| *meaning);
    if found.is_none() {
        let all: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        findings.wrong(path, value, &format!("one of {}", all.join(", ")));
    }
    found
}

fn word_of<T: PartialEq>(words: &[(&'static str, T)], meaning: &T) -> &'static str {
    words.iter().find(|(_, other)| other == meaning).map_or("", |(word, _)| word)
}

impl Setting for Dns {
    const EXPECTED: &'static str = "`{ ttl, select, policy }`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let entries = match value {
            Value::Object(entries) => entries.clone(),
            // `ttl=5m,select=random,policy=preferIPv4`
            Value::String(text) => {
                let pairs = split(text);
                let pairs = pairs.iter().map(|part| part.split_once('=').unwrap_or((part, "")));
                pairs.map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>()
            }
            other => {
                findings.wrong(path, other, Self::EXPECTED);
                return None;
            }
        };
        let mut dns = Self::default();
        let mut fields = Fields { entries: &entries, path, findings };
        fields.only(&["ttl", "select", "policy"]);
        dns.ttl = fields.get::<DnsTtl>("ttl").unwrap_or(dns.ttl);
        if let Some(value) = entries.get("select") {
            dns.select = word(SELECTS, value, &format!("{path}.select"), findings).unwrap_or(dns.select);
        }
        if let Some(value) = entries.get("policy") {
            dns.policy = word(POLICIES, value, &format!("{path}.policy"), findings).unwrap_or(dns.policy);
        }
        Some(dns)
    }

    fn write(&self) -> Value {
        json!({
            "ttl": self.ttl.write(),
            "select": word_of(SELECTS, &self.select),
            "policy": word_of(POLICIES, &self.policy),
        })
    }
}

impl Setting for DnsTtl {
    const EXPECTED: &'static str = "a duration such as `5m`, a number of milliseconds, or `inf`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        if value.as_str() == Some("inf") {
            return Some(Self::Forever);
        }
        let ttl = Duration::read(value, path, findings)?;
        Some(if ttl.is_zero() { Self::Never } else { Self::For(ttl) })
    }

    fn write(&self) -> Value {
        match self {
            Self::For(ttl) => ttl.write(),
            Self::Forever => json!("inf"),
            Self::Never => json!("0s"),
        }
    }
}

impl Setting for TlsVersions {
    const EXPECTED: &'static str = "a version such as `tls1.3`, or `{ min, max }`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        match value {
            Value::String(_) => {
                let version = word(VERSIONS, value, path, findings)?;
                Some(Self { min: Some(version), max: Some(version) })
            }
            Value::Object(entries) => {
                let mut fields = Fields { entries, path, findings };
                fields.only(&["min", "max"]);
                let old = |value: &&Value| value.as_str().is_some_and(|text| OLD.contains(&text));
                let min = entries.get("min").filter(|value| !value.is_null() && !old(value));
                let min = min.and_then(|value| word(VERSIONS, value, &format!("{path}.min"), findings));
                let max = entries.get("max").filter(|value| !value.is_null());
                let max = max.and_then(|value| word(VERSIONS, value, &format!("{path}.max"), findings));
                if let (Some(min), Some(max)) = (min, max)
                    && min > max
                {
                    findings.problem(path, "has a `min` that is newer than its `max`");
                }
                Some(Self { min, max })
            }
            other => {
                findings.wrong(path, other, Self::EXPECTED);
                None
            }
        }
    }

    fn write(&self) -> Value {
        let text = |version: Option<TlsVersion>| version.map(|version| word_of(VERSIONS, &version));
        json!({ "min": text(self.min), "max": text(self.max) })
    }
}

impl Setting for Vec<TlsAuth> {
    const EXPECTED: &'static str = "a list of `{ domains, cert, key }`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let Value::Array(items) = value else {
            findings.wrong(path, value, Self::EXPECTED);
            return None;
        };
        let read = items.iter().enumerate().filter_map(|(index, item)| {
            let path = format!("{path}[{index}]");
            let Value::Object(entries) = item else {
                findings.wrong(&path, item, "`{ domains, cert, key }`");
                return None;
            };
            let mut fields = Fields { entries, path: &path, findings };
            fields.only(&["domains", "cert", "key", "password"]);
            let (cert, key) = (fields.need("cert"), fields.need("key"));
            let domains = fields.get("domains").unwrap_or_default();
            if fields.get::<String>("password").is_some_and(|password| !password.is_empty()) {
                let hint = "write the key without one: `openssl pkey -in key.pem -out plain.pem`";
                let message = "is set, but encrypted keys are not supported".to_owned();
                fields.findings.problem_with_hint(&format!("{path}.password"), message, hint);
            }
            Some(TlsAuth { domains, cert: cert?, key: key? })
        });
        Some(read.collect())
    }

    /// Keys and passwords are left out: what is written goes into reports.
    fn write(&self) -> Value {
        self.iter().map(|auth| json!({ "domains": auth.domains })).collect()
    }
}
