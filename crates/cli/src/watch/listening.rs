//! An address that a watch listens on, taken.

use std::net::SocketAddr;

use anyhow::{Result, bail};
use loadline_serve::{BindError, Bound};

/// Takes an address, which `flag` changes.
pub(super) async fn bound(address: SocketAddr, flag: &str) -> Result<Bound> {
    match Bound::new(address).await {
        Ok(bound) => Ok(bound),
        Err(BindError::InUse(address)) => bail!(
            "the address `{address}` of `{flag}` is in use: choose another one there (port 0 picks a free one)"
        ),
        Err(other) => Err(other.into()),
    }
}
