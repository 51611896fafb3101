//! What a virtual user keeps between requests: connections, cookies, the response callback, answers to be fetched.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use loadline_client::{Client, CookieJar, Shared};
use loadline_measure::KnownTags;
use rustc_hash::FxHashMap;
use url::Url;

use super::expected::Expected;
use super::record::Usual;
use super::send::Answer;

/// URLs that a worker remembers in parsed form.
const URLS_KEPT: usize = 4096;

/// The HTTP side of one virtual user.
pub(crate) struct HttpState {
    pub(super) client: Client,
    pub(super) jar: RefCell<Rc<CookieJar>>,
    /// `None` when the script has set `null`: responses are then neither expected nor unexpected.
    pub(super) expected: RefCell<Option<Rc<Expected>>>,
    /// What the last *prepare* asked for, once it is there.
    pub(super) answers: RefCell<Vec<Rc<Answer>>>,
    pub(super) files: Cell<u64>,
}

impl HttpState {
    pub(crate) fn new(shared: Arc<Shared>) -> HttpState {
        HttpState {
            client: Client::new(shared),
            jar: RefCell::default(),
            expected: RefCell::new(Some(Expected::usual())),
            answers: RefCell::default(),
            files: Cell::new(0),
        }
    }

    /// A new iteration: a new visitor, unless told to keep the cookies or the connections.
    pub(crate) fn begin(&self, keep_cookies: bool, keep_connections: bool) {
        self.answers.borrow_mut().clear();
        if !keep_cookies && !self.jar.borrow().is_empty() {
            // A new one: the script may hold the old one.
            self.jar.replace(Rc::default());
        }
        if !keep_connections {
            self.client.close_connections();
        }
    }
}

/// URLs in parsed form, by their text.
#[derive(Default)]
pub(crate) struct Urls(RefCell<FxHashMap<String, Rc<KnownUrl>>>);

/// A URL in parsed form, and what its usual answers are tagged with.
pub(super) struct KnownUrl {
    pub(super) url: Arc<Url>,
    pub(super) tags: KnownTags<Usual>,
}

impl Urls {
    pub(super) fn parse(&self, text: &str) -> Result<Rc<KnownUrl>, loadline_client::Failure> {
        let mut urls = self.0.borrow_mut();
        if let Some(known) = urls.get(text) {
            return Ok(Rc::clone(known));
        }
        let url = loadline_client::parse_url(text)?;
        if urls.len() >= URLS_KEPT {
            urls.clear();
        }
        let known = Rc::new(KnownUrl { url: Arc::new(url), tags: KnownTags::default() });
        urls.insert(text.to_owned(), Rc::clone(&known));
        Ok(known)
    }
}
