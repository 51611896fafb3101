//! Metrics of the watch itself: counted while it looks and tells, served to whoever scrapes them.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use loadline_prometheus::TEXT;
use loadline_serve::{Bound, Page, Patience, serve};
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

/// Serves metrics, for ever; without an address it does nothing.
pub(super) async fn serving(bound: Option<Bound>, counted: &Counted) {
    if let Some(bound) = bound {
        let counted = counted.clone();
        let page = Page::new("/metrics", TEXT, move || counted.text());
        serve(bound, page, Patience::default(), std::future::pending()).await;
    }
    std::future::pending::<()>().await;
}
