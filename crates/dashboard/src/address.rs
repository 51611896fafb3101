//! Where a dashboard is, as typed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// Where it is when nobody said.
pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7007);

/// An address to serve pages on: `7007`, `127.0.0.1:7007`, `[::1]:0`.
///
/// ```
/// use loadline_dashboard::ViewAddress;
/// assert_eq!("8000".parse::<ViewAddress>()?.0, "127.0.0.1:8000".parse()?);
/// assert!("localhost".parse::<ViewAddress>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewAddress(pub SocketAddr);

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a port, or an address with a port: `7007`, `127.0.0.1:7007`, `0.0.0.0:7007`")]
pub struct AddressError;

impl FromStr for ViewAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Ok(port) = text.parse() {
            return Ok(Self(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)));
        }
        let text = text.replacen("localhost:", "127.0.0.1:", 1);
        text.parse().map(Self).map_err(|_| AddressError)
    }
}
