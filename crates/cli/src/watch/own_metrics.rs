//! Metrics of the watch itself: counted while it looks and tells, served to whoever scrapes them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, bail};
use jiff::Timestamp;
use loadline_prometheus::TEXT;
use loadline_serve::{BindError, Bound, Page, Patience, serve};
use loadline_watch::Account;

/// What a watch has done so far.
#[derive(Clone, Default)]
pub(super) struct Counted(Arc<Mutex<Account>>);

impl Counted {
    /// Notes something.
    pub(super) fn note(&self, what: impl FnOnce(&mut Account)) {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).text(Timestamp::now().as_millisecond())
    }
}

/// The address of metrics, taken.
pub(super) async fn bound(address: SocketAddr) -> Result<Bound> {
    match Bound::new(address).await {
        Ok(bound) => Ok(bound),
        Err(BindError::InUse(address)) => {
            bail!(
                "the address `{address}` of the watch's own metrics is in use: choose another with `--metrics`"
            )
        }
        Err(other) => Err(other.into()),
    }
}

/// Serves metrics, for ever; without an address it does nothing.
pub(super) async fn serving(bound: Option<Bound>, counted: &Counted) {
    if let Some(bound) = bound {
        let counted = counted.clone();
        let page = Page::new("/metrics", TEXT, move || counted.text());
        serve(bound, page, Patience::default(), std::future::pending()).await;
    }
    std::future::pending::<()>().await;
}
