//! The connections of one virtual user, by host.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use http::HeaderMap;
use tokio::time::Instant;
use url::Url;

use crate::failure::{Failure, code};
use crate::masked::masked;
use crate::pool::Host;
use crate::shared::Shared;
use crate::tracing::Carried;

/// Hosts remembered before those without connections are forgotten: a crawler meets thousands.
const HOSTS_KEPT: usize = 64;

/// Connections that nobody else has, all from one local address.
#[derive(Debug)]
pub(crate) struct Connections {
    pub(crate) shared: Arc<Shared>,
    pub(crate) local: Option<IpAddr>,
    /// Requests beside the load are in no trace.
    aside: bool,
    hosts: RefCell<Vec<Rc<Host>>>,
}

impl Connections {
    /// None yet; they will come from the next of the local addresses.
    pub(crate) fn new(shared: Arc<Shared>) -> Connections {
        let local = shared.next_local_address();
        Connections { shared, local, aside: false, hosts: RefCell::default() }
    }

    /// The same for requests that are no load.
    pub(crate) fn aside(mut self) -> Connections {
        self.aside = true;
        self
    }

    /// The trace that a request with these fields is in.
    pub(crate) fn trace(&self, headers: &HeaderMap, now: Instant) -> Option<Carried> {
        if self.aside { None } else { self.shared.tracing()?.of(headers, now) }
    }

    /// Closes those that are kept, and those in use when their request ends.
    pub(crate) fn close(&self) {
        for host in self.hosts.take() {
            host.close();
        }
    }

    /// The pool of connections to a URL's host.
    pub(crate) fn host(&self, url: &Url) -> Result<Rc<Host>, Failure> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            other => {
                return Err(Failure::new(code::BAD_URL, "unsupported protocol scheme").with_detail(format!(
                    "unsupported protocol scheme `{other}` of `{}`: use http or https",
                    masked(url)
                )));
            }
        };
        let Some(name) = url.host_str().filter(|name| !name.is_empty()) else {
            return Err(
                Failure::new(code::BAD_URL, "no host in URL").with_detail(format!("no host in `{url}`"))
            );
        };
        let port = url.port().unwrap_or(if secure { 443 } else { 80 });
        let mut hosts = self.hosts.borrow_mut();
        let known = hosts.iter().find(|host| host.port == port && host.secure == secure && host.name == name);
        if let Some(host) = known {
            return Ok(host.clone());
        }
        if hosts.len() >= HOSTS_KEPT {
            hosts.retain(|host| !host.is_unused());
        }
        let host = Rc::new(Host::new(secure, name, port, self.shared.config.http2));
        hosts.push(host.clone());
        Ok(host)
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        // Futures of requests borrow them, so nothing is in use; hosts hold no connection beyond this.
        self.close();
    }
}
