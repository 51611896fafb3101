//! By which way messages go: requests of HTTP, calls of gRPC, datagrams.

use std::sync::Arc;
use std::time::Duration;

use loadline_client::{ConfigErrors, Shared};
use loadline_secrets::masked;

use super::datagrams::Udp;
use super::grpc::Grpc;
use super::post::Post;
use crate::endpoint::{Endpoint, Protocol};
use crate::form::{Answer, Message};

/// A way that is known, before anything is sent.
#[derive(Debug)]
pub(crate) enum Way {
    /// Requests, with what is needed for them.
    Http(Endpoint, Arc<Shared>),
    /// Calls.
    Grpc(Endpoint),
    /// Datagrams to `host:port`.
    Udp(String),
}

/// The same, as it is gone.
pub(super) enum Carrier {
    Http(Post),
    Grpc(Grpc),
    Udp(Udp),
}

impl Way {
    /// The way to an endpoint.
    ///
    /// # Errors
    /// When the machine's certificates cannot be used.
    pub(crate) fn to(endpoint: Endpoint) -> Result<Self, ConfigErrors> {
        Ok(match endpoint.protocol {
            Protocol::Grpc => Self::Grpc(endpoint),
            Protocol::Http => {
                let shared = Post::shared(&endpoint)?;
                Self::Http(endpoint, shared)
            }
        })
    }

    /// The receiver for people, without secrets.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Http(endpoint, _) => endpoint.to_string(),
            // The path is the name of a method, the same everywhere.
            Self::Grpc(endpoint) => {
                let mut url = endpoint.url.clone();
                url.set_path("");
                let scheme = if url.scheme() == "https" { "grpcs" } else { "grpc" };
                let address = masked(url.as_str()).into_owned();
                let address = address.split_once("://").map_or(&*address, |(_, address)| address);
                format!("{scheme}://{}", address.trim_end_matches('/'))
            }
            Self::Udp(address) => format!("udp://{address}"),
        }
    }

    pub(super) fn carrier(self) -> Carrier {
        match self {
            Self::Http(endpoint, shared) => Carrier::Http(Post::new(&endpoint, shared)),
            Self::Grpc(endpoint) => Carrier::Grpc(Grpc::new(&endpoint)),
            Self::Udp(address) => Carrier::Udp(Udp::new(&address)),
        }
    }
}

impl Carrier {
    /// What the receiver says to a message, within this time; or why it says nothing.
    pub(super) async fn send(&self, message: &Message, patience: Duration) -> Result<Answer, String> {
        match self {
            Self::Http(post) => post.send(message, patience).await,
            Self::Grpc(grpc) => grpc.send(message, patience).await,
            Self::Udp(udp) => udp.send(message).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::Kind;

    #[test]
    fn a_receiver_is_called_by_its_address() {
        let place = |url: &str, protocol: Protocol| {
            let mut endpoint = Endpoint::new(Kind::OpenTelemetry, url, "/pkg.Service/Export").unwrap();
            endpoint.protocol = protocol;
            Way::to(endpoint).unwrap().place()
        };
        assert_eq!(place("http://h:4317", Protocol::Grpc), "grpc://h:4317");
        assert_eq!(place("https://me:hunter2@h", Protocol::Grpc), "grpcs://****:****@h");
        assert_eq!(place("http://h:4318", Protocol::Http), "http://h:4318/pkg.Service/Export");
        assert_eq!(Way::Udp("h:8125".to_owned()).place(), "udp://h:8125");
    }
}
