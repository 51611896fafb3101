//! Where spans come from, as people write it: `--traces 4318`, `--traces tempo=http://127.0.0.1:3200`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use url::Url;

/// Where an OTLP endpoint is unless told otherwise: where exporters send to unless they are told.
pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4318);

/// Where spans come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The system sends them here; port 0 picks a free one.
    Sent(SocketAddr),
    /// Tempo is asked for those of the slowest requests, below this address.
    Tempo(Url),
    /// Jaeger's query service is.
    Jaeger(Url),
}

/// Text that says no such place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WantedError {
    /// It is no address and no URL.
    #[error(
        "must be a port or address:port of this machine, `tempo=URL` or `jaeger=URL`, as in `--traces=4318`"
    )]
    Nonsense,
    /// Others could send to it.
    #[error(
        "`{0}` can be reached by others: spans are taken on loopback alone, as in `--traces=127.0.0.1:4318`"
    )]
    NotLoopback(SocketAddr),
}

impl FromStr for Wanted {
    type Err = WantedError;

    /// Nothing is the usual address.
    fn from_str(text: &str) -> Result<Self, WantedError> {
        let url = |text: &str| {
            let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            url.filter(Url::has_host).ok_or(WantedError::Nonsense)
        };
        if let Some(text) = text.strip_prefix("tempo=") {
            return url(text).map(Self::Tempo);
        }
        if let Some(text) = text.strip_prefix("jaeger=") {
            return url(text).map(Self::Jaeger);
        }
        let address = if text.is_empty() {
            DEFAULT_ADDRESS
        } else if let Ok(port) = text.parse() {
            SocketAddr::new(DEFAULT_ADDRESS.ip(), port)
        } else {
            text.replacen("localhost:", "127.0.0.1:", 1).parse().map_err(|_| WantedError::Nonsense)?
        };
        if address.ip().is_loopback() {
            Ok(Self::Sent(address))
        } else {
            Err(WantedError::NotLoopback(address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let read = |text: &str| text.parse::<Wanted>();
        let sent = |text: &str| Ok(Wanted::Sent(text.parse().unwrap()));
        assert_eq!(read(""), Ok(Wanted::Sent(DEFAULT_ADDRESS)));
        assert_eq!(read("0"), sent("127.0.0.1:0"));
        assert_eq!(read("localhost:4319"), sent("127.0.0.1:4319"));
        assert_eq!(read("[::1]:4318"), sent("[::1]:4318"));
        assert_eq!(
            read("tempo=http://127.0.0.1:3200"),
            Ok(Wanted::Tempo("http://127.0.0.1:3200".parse().unwrap()))
        );
        assert_eq!(
            read("jaeger=https://j.test/ui"),
            Ok(Wanted::Jaeger("https://j.test/ui".parse().unwrap()))
        );
        assert_eq!(read("0.0.0.0:4318"), Err(WantedError::NotLoopback("0.0.0.0:4318".parse().unwrap())));
        for wrong in ["x", "99999", "tempo=", "tempo=127.0.0.1:3200", "jaeger=ftp://x/", "zipkin=http://x/"] {
            assert_eq!(read(wrong), Err(WantedError::Nonsense), "{wrong}");
        }
    }
}
