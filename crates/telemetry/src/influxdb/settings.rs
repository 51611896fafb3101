//! What k6's variables say about `InfluxDB`.

use std::time::Duration;

use url::Url;

use crate::endpoint::Endpoint;
use crate::receiver::Kind;
use crate::variables::{SettingsError, Variables};

/// Where an `InfluxDB` of this machine is.
const ADDRESS: &str = "http://localhost:8086";
/// The database of version 1, as in k6.
const DATABASE: &str = "k6";
const INTERVAL: Duration = Duration::from_secs(1);
/// Tags with too many values to be tags, as in k6.
const AS_FIELDS: &str = "vu,iter,url";

const KNOWN: [&str; 14] = [
    "ADDR",
    "USERNAME",
    "PASSWORD",
    "DB",
    "RETENTION",
    "CONSISTENCY",
    "PRECISION",
    "INSECURE",
    "PUSH_INTERVAL",
    "CONCURRENT_WRITES",
    "TAGS_AS_FIELDS",
    "ORGANIZATION",
    "BUCKET",
    "TOKEN",
];

/// A receiver of lines.
#[derive(Clone, Debug)]
pub(crate) struct InfluxdbSettings {
    pub(crate) endpoint: Endpoint,
    pub(crate) interval: Duration,
    /// The tags that are fields.
    pub(crate) as_fields: Vec<String>,
}

impl InfluxdbSettings {
    /// What its variables begin with, behind their owner's name.
    pub(crate) const PREFIX: &str = "INFLUXDB_";

    /// What an address and the variables mean. The path of an address names the database, as in k6:
    /// `http://host:8086/k6`. With a token or a bucket it is written to version 2.
    ///
    /// # Errors
    /// An address or a variable that is none.
    pub(crate) fn new(address: Option<&str>, variables: &Variables) -> Result<Self, SettingsError> {
        variables.only(Self::PREFIX, &KNOWN)?;
        let name = |rest: &str| format!("{}{rest}", Self::PREFIX);
        let text = |rest: &str| variables.text(&name(rest));
        let from_variable = text("ADDR");
        let address = address.or(from_variable.as_deref()).unwrap_or(ADDRESS);
        let mut endpoint = Endpoint::new(Kind::Influxdb, address, "/")?;
        let path = decoded(endpoint.url.path().trim_matches('/'));
        let (token, bucket) = (text("TOKEN"), text("BUCKET"));
        let is_whole = path == "write" || path.ends_with("/write");
        let is_2 = token.is_some() || bucket.is_some() || path.ends_with("api/v2/write");
        let database = text("DB").or_else(|| (!path.is_empty() && !is_whole).then(|| path.clone()));
        if !is_whole {
            endpoint.url.set_path(if is_2 { "/api/v2/write" } else { "/write" });
        }
        {
            let said: Vec<String> = endpoint.url.query_pairs().map(|(key, _)| key.into_owned()).collect();
            let mut query = endpoint.url.query_pairs_mut();
            let mut add = |key: &str, value: Option<String>| {
                if let Some(value) = value.filter(|_| !said.iter().any(|known| known == key)) {
                    query.append_pair(key, &value);
                }
            };
            if is_2 {
                add("org", text("ORGANIZATION"));
                add("bucket", Some(bucket.or(database).unwrap_or_else(|| DATABASE.to_owned())));
            } else {
                add("db", Some(database.unwrap_or_else(|| DATABASE.to_owned())));
                add("rp", text("RETENTION"));
                add("consistency", text("CONSISTENCY"));
            }
            add("precision", Some("ns".to_owned()));
        }
        if !is_2 && !is_whole {
            endpoint.first = Some(creation(&endpoint.url));
        }
        if let Some(user) = text("USERNAME") {
            endpoint.basic(&user, &text("PASSWORD").unwrap_or_default());
        }
        variables
            .parsed(&name("TOKEN"), |token| endpoint.header("authorization", &format!("Token {token}")))?;
        endpoint.insecure = variables.truth(&name("INSECURE"))?.unwrap_or(false);
        // Times are told in nanoseconds whatever they are kept in, and one write follows the other.
        variables.parsed(&name("PRECISION"), |value| match value {
            "n" | "ns" => Ok(()),
            _ => Err("times are sent in `ns`".to_owned()),
        })?;
        let as_fields = text("TAGS_AS_FIELDS").unwrap_or_else(|| AS_FIELDS.to_owned());
        Ok(Self {
            endpoint,
            interval: variables.duration(&name("PUSH_INTERVAL"))?.unwrap_or(INTERVAL),
            // k6 writes the kind of a field behind its name: `vu:int`.
            as_fields: as_fields
                .split(',')
                .filter_map(|tag| tag.split(':').next())
                .map(|tag| tag.trim().to_owned())
                .filter(|tag| !tag.is_empty())
                .collect(),
        })
    }
}

/// A path without percent encoding.
fn decoded(path: &str) -> String {
    let path = path.replace('+', "%2B");
    url::form_urlencoded::parse(path.as_bytes()).map(|(text, _)| text.into_owned()).next().unwrap_or_default()
}

/// As k6 does, a database of version 1 is made where it is not there yet.
fn creation(write: &Url) -> Url {
    let database = write.query_pairs().find(|(key, _)| key == "db").map(|(_, name)| name.into_owned());
    let name = database.unwrap_or_default().replace('\\', "\\\\").replace('"', "\\\"");
    let mut url = write.clone();
    url.set_path("/query");
    url.query_pairs_mut().clear().append_pair("q", &format!("CREATE DATABASE \"{name}\""));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(address: Option<&str>, list: &[(&str, &str)]) -> String {
        let named = |(name, value): &(&str, &str)| (format!("K6_INFLUXDB_{name}"), (*value).to_owned());
        let settings = InfluxdbSettings::new(address, &Variables::new(list.iter().map(named))).unwrap();
        settings.endpoint.url.into()
    }

    #[test]
    fn where_it_goes() {
        assert_eq!(url(None, &[]), "http://localhost:8086/write?db=k6&precision=ns");
        assert_eq!(url(Some("http://h:8086/shop"), &[]), "http://h:8086/write?db=shop&precision=ns");
        assert_eq!(url(Some("http://h/write?db=x"), &[]), "http://h/write?db=x&precision=ns");
        let kept = [("ADDR", "http://h"), ("DB", "a b"), ("RETENTION", "week")];
        assert_eq!(url(None, &kept), "http://h/write?db=a+b&rp=week&precision=ns");
        let first = |address| {
            let settings = InfluxdbSettings::new(Some(address), &Variables::default()).unwrap();
            settings.endpoint.first.map(String::from)
        };
        let made = "http://h/query?q=CREATE+DATABASE+%22a%5C%22b%22";
        assert_eq!(first("http://h/a%22b").as_deref(), Some(made));
        assert_eq!(first("http://h/write?db=x"), None);
        let two = [("TOKEN", "t"), ("ORGANIZATION", "o"), ("BUCKET", "b")];
        assert_eq!(url(Some("https://h"), &two), "https://h/api/v2/write?org=o&bucket=b&precision=ns");
    }

    #[test]
    fn what_variables_say() {
        let settings = |list: &[(&str, &str)]| {
            let named = |(name, value): &(&str, &str)| (format!("K6_INFLUXDB_{name}"), (*value).to_owned());
            InfluxdbSettings::new(Some("http://h/db"), &Variables::new(list.iter().map(named)))
        };
        let said = settings(&[("TAGS_AS_FIELDS", "vu:int, name"), ("TOKEN", "abc"), ("PUSH_INTERVAL", "3s")])
            .unwrap();
        assert_eq!((said.as_fields, said.interval.as_secs()), (vec!["vu".to_owned(), "name".to_owned()], 3));
        assert_eq!(said.endpoint.headers["authorization"], "Token abc");
        assert_eq!(settings(&[]).unwrap().as_fields, ["vu", "iter", "url"]);
        for (name, value) in [("PRECISION", "s"), ("PAYLOAD_SIZE", "1")] {
            let problem = settings(&[(name, value)]).unwrap_err().to_string();
            assert!(problem.contains(name), "{problem}");
        }
    }
}
