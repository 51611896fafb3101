//! The connections one client keeps to one host.
//!
//! As browsers do: up to a number of HTTP/1 connections, the one used last first, so that the others grow old and
//! close; or one HTTP/2 connection for all. Until a TLS host has shown which of the two it speaks, one connection is
//! opened and the other requests wait for it. Whoever drops a lease without giving it back, by an error or because its
//! future was cancelled, closes that connection and makes room for another.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;

use tokio::sync::Notify;

use crate::config::Http2;
use crate::connect::{Phases, Stage, dial};
use crate::failure::Failure;
use crate::h1::H1;
use crate::h2::H2;
use crate::shared::Shared;

/// HTTP/2 requests that are sent at once before the server has said how many it takes: RFC 9113 section 6.5.2
/// recommends that servers take no fewer.
const FIRST_STREAMS: usize = 100;

/// A host as connections know it: scheme, name and port.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) secure: bool,
    /// As in the URL, IPv6 in brackets.
    pub(crate) name: String,
    pub(crate) port: u16,
    #[expect(clippy::vec_box, reason = "leases take the box: a future that holds a pointer stays small")]
    idle: RefCell<Vec<Box<H1>>>,
    http2: RefCell<Option<Rc<H2>>>,
    /// How many HTTP/2 requests the server took at once on the last connection: the next one begins with that.
    streams: Cell<usize>,
    open: Cell<usize>,
    dialing: Cell<usize>,
    speaks: Cell<Speaks>,
    /// Connections leased before the last `close` are not kept when they come back.
    generation: Cell<u32>,
    changed: Notify,
    waiting: Cell<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    Unknown,
    Http1,
    Http2,
}

/// A connection to send on.
pub(crate) enum Connection {
    Http1(Lease),
    Http2(Rc<H2>),
}

/// The right to use one HTTP/1 connection.
pub(crate) struct Lease {
    slot: Slot,
    generation: u32,
    /// Taken only by `give_back`.
    connection: Option<Box<H1>>,
    pub(crate) reused: bool,
}

/// One of the connections a host may have.
struct Slot {
    host: Rc<Host>,
    /// Given on to the pool together with the connection.
    kept: bool,
}

impl Host {
    pub(crate) fn new(secure: bool, name: &str, port: u16, http2: Http2) -> Host {
        let speaks = match http2 {
            Http2::PriorKnowledge => Speaks::Http2,
            Http2::Negotiated if secure => Speaks::Unknown,
            Http2::Negotiated | Http2::Off => Speaks::Http1,
        };
        Host {
            secure,
            name: name.to_owned(),
            port,
            idle: RefCell::default(),
            http2: RefCell::default(),
            streams: Cell::new(FIRST_STREAMS),
            open: Cell::new(0),
            dialing: Cell::new(0),
            speaks: Cell::new(speaks),
            generation: Cell::new(0),
            changed: Notify::new(),
            waiting: Cell::new(0),
        }
    }

    /// A kept connection that is free, if there is one.
    pub(crate) fn take_kept(self: &Rc<Host>) -> Option<Connection> {
        if let Some(http2) = self.http2.borrow().as_ref().filter(|http2| http2.is_open()) {
            return Some(Connection::Http2(http2.clone()));
        }
        loop {
            let mut connection = self.idle.borrow_mut().pop()?;
            let slot = Slot { host: self.clone(), kept: false };
            if connection.io.is_stale() {
                continue;
            }
            let generation = self.generation.get();
            return Some(Connection::Http1(Lease {
                slot,
                generation,
                connection: Some(connection),
                reused: true,
            }));
        }
    }

    /// Whether nothing is open or under way.
    pub(crate) fn is_unused(&self) -> bool {
        self.open.get() == 0 && self.dialing.get() == 0 && self.http2.borrow().is_none()
    }

    /// Closes what is idle now, and what is in use as soon as it comes back.
    pub(crate) fn close(&self) {
        self.generation.set(self.generation.get().wrapping_add(1));
        let idle = std::mem::take(&mut *self.idle.borrow_mut());
        self.open.set(self.open.get() - idle.len());
        self.forget_http2();
        self.changed.notify_waiters();
    }

    /// Lets the HTTP/2 connection go, and remembers what the server takes.
    fn forget_http2(&self) {
        if let Some(http2) = self.http2.borrow_mut().take() {
            self.streams.set(http2.most_streams());
        }
    }

    /// A connection: a kept one as soon as one is free, or a new one. `fresh` insists on a new one.
    pub(crate) async fn acquire(
        self: &Rc<Host>,
        shared: &Shared,
        local: Option<IpAddr>,
        fresh: bool,
        phases: &Cell<Phases>,
    ) -> Result<Connection, Failure> {
        let reuse = shared.config.reuse_connections;
        loop {
            if reuse
                && !fresh
                && let Some(connection) = self.take_kept()
            {
                return Ok(connection);
            }
            if self.may_open(shared) {
                return self.open(shared, local, phases).await;
            }
            if fresh && self.close_one_idle() {
                continue;
            }
            let changed = self.changed.notified();
            let _waiting = Waiting::new(&self.waiting);
            changed.await;
        }
    }

    fn may_open(&self, shared: &Shared) -> bool {
        let reuse = shared.config.reuse_connections;
        match self.speaks.get() {
            Speaks::Http2 | Speaks::Unknown if reuse => self.dialing.get() == 0,
            _ => shared.config.connections_per_host.is_none_or(|limit| self.open.get() < limit.max(1)),
        }
    }

    fn close_one_idle(self: &Rc<Host>) -> bool {
        let closed = self.idle.borrow_mut().pop();
        let slot = closed.as_ref().map(|_| Slot { host: self.clone(), kept: false });
        slot.is_some()
    }

    async fn open(
        self: &Rc<Host>,
        shared: &Shared,
        local: Option<IpAddr>,
        phases: &Cell<Phases>,
    ) -> Result<Connection, Failure> {
        self.open.set(self.open.get() + 1);
        let slot = Slot { host: self.clone(), kept: false };
        let generation = self.generation.get();
        let dialing = Waiting::new(&self.dialing);
        let name = self.name.trim_start_matches('[').trim_end_matches(']');
        let dialed = dial(shared, name, self.port, self.secure, local, phases).await;
        let connection = match dialed {
            Err(failure) => Err(failure),
            Ok(dialed) if dialed.http2 => {
                // The settings are exchanged behind the handshake, where there is one.
                let stage = if self.secure { Stage::Handshaking } else { Stage::Connecting };
                Phases::enter(phases, stage);
                self.forget_http2();
                let http2 = H2::start(dialed, self.streams.get()).await;
                Phases::enter(phases, Stage::Waiting);
                http2.map(|http2| {
                    self.speaks.set(Speaks::Http2);
                    let http2 = Rc::new(http2);
                    if shared.config.reuse_connections && generation == self.generation.get() {
                        *self.http2.borrow_mut() = Some(http2.clone());
                    }
                    Connection::Http2(http2)
                })
            }
            Ok(dialed) => {
                if self.speaks.get() == Speaks::Unknown {
                    self.speaks.set(Speaks::Http1);
                }
                let connection = Some(Box::new(H1::new(dialed.io, dialed.remote, dialed.tls)));
                drop(dialing);
                self.announce();
                return Ok(Connection::Http1(Lease { slot, generation, connection, reused: false }));
            }
        };
        drop(dialing);
        drop(slot);
        connection
    }

    /// Lets those who wait look again.
    fn announce(&self) {
        if self.waiting.get() > 0 {
            self.changed.notify_waiters();
        }
    }
}

impl Lease {
    pub(crate) fn connection(&mut self) -> &mut H1 {
        self.connection.as_mut().expect("a lease has its connection until it is given back")
    }

    /// Keeps the connection for the next request.
    pub(crate) fn give_back(mut self) {
        let host = &self.slot.host;
        if host.generation.get() == self.generation
            && let Some(connection) = self.connection.take()
        {
            host.idle.borrow_mut().push(connection);
            self.slot.kept = true;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.kept {
            self.host.open.set(self.host.open.get() - 1);
        }
        self.host.announce();
    }
}

/// Counts itself while it lives.
struct Waiting<'a>(&'a Cell<usize>);

impl<'a> Waiting<'a> {
    fn new(count: &'a Cell<usize>) -> Waiting<'a> {
        count.set(count.get() + 1);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
