//! Name look-ups with a cache for the whole run.
//!
//! The machine's own resolver (`getaddrinfo`) is asked, so that `/etc/hosts`, search domains and containers' names
//! work. It blocks, so it runs on a thread of its own: not on the runtime's pool, whose shutdown would wait for a dead
//! name server. A thousand virtual users asking for the same name at once wait for one look-up.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::config::{Dns, DnsPolicy, DnsSelect, DnsTtl};
use crate::failure::{Failure, code};

/// The cache of names.
#[derive(Debug)]
pub(crate) struct Resolver {
    dns: Dns,
    names: Mutex<HashMap<String, Entry>>,
    turn: AtomicUsize,
    random: RandomState,
}

#[derive(Clone, Debug)]
struct Entry {
    asked: Instant,
    flight: Arc<Flight>,
}

/// One look-up, possibly still under way.
#[derive(Debug, Default)]
struct Flight {
    answer: OnceLock<Result<Vec<IpAddr>, Failure>>,
    landed: Notify,
}

/// An address, and whether anyone had to be asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lookup {
    pub(crate) address: IpAddr,
    pub(crate) cached: bool,
}

impl Resolver {
    pub(crate) fn new(dns: Dns) -> Resolver {
        Resolver { dns, names: Mutex::default(), turn: AtomicUsize::new(0), random: RandomState::new() }
    }

    /// An address for `name`.
    pub(crate) async fn resolve(&self, name: &str) -> Result<Lookup, Failure> {
        self.resolve_with(name, ask_machine).await
    }

    async fn resolve_with(
        &self,
        name: &str,
        ask: fn(&str) -> Result<Vec<IpAddr>, Failure>,
    ) -> Result<Lookup, Failure> {
        let (flight, first) = self.flight(name);
        if first {
            depart(&flight, name, ask);
        }
        let mut cached = true;
        let answer = loop {
            // The future is made before the look: a landing between the two must not be missed.
            let landed = flight.landed.notified();
            if let Some(answer) = flight.answer.get() {
                break answer;
            }
            cached = false;
            landed.await;
        };
        match answer {
            Ok(addresses) => self.choose(name, addresses).map(|address| Lookup { address, cached }),
            Err(failure) => {
                // A failure is not kept: the next connection asks again.
                self.forget(name, &flight);
                Err(failure.clone())
            }
        }
    }

    /// The look-up to wait for, and whether the caller has to start it.
    fn flight(&self, name: &str) -> (Arc<Flight>, bool) {
        let now = Instant::now();
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = names.get(name) {
            let pending = entry.flight.answer.get().is_none();
            let fresh = match self.dns.ttl {
                DnsTtl::Forever => true,
                DnsTtl::Never => false,
                DnsTtl::For(ttl) => now.saturating_duration_since(entry.asked) < ttl,
            };
            if pending || fresh {
                return (entry.flight.clone(), false);
            }
        }
        let flight = Arc::new(Flight::default());
        names.insert(name.to_owned(), Entry { asked: now, flight: flight.clone() });
        (flight, true)
    }

    fn forget(&self, name: &str, flight: &Arc<Flight>) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.get(name).is_some_and(|entry| Arc::ptr_eq(&entry.flight, flight)) {
            names.remove(name);
        }
    }

    fn choose(&self, name: &str, addresses: &[IpAddr]) -> Result<IpAddr, Failure> {
        let of_kind = |v4: bool| -> Vec<IpAddr> {
            addresses.iter().copied().filter(|address| address.is_ipv4() == v4).collect()
        };
        let either =
            |preferred: Vec<IpAddr>| if preferred.is_empty() { addresses.to_vec() } else { preferred };
        let candidates = match self.dns.policy {
            DnsPolicy::PreferIpv4 => either(of_kind(true)),
            DnsPolicy::PreferIpv6 => either(of_kind(false)),
            DnsPolicy::OnlyIpv4 => of_kind(true),
            DnsPolicy::OnlyIpv6 => of_kind(false),
            DnsPolicy::Any => addresses.to_vec(),
        };
        if candidates.is_empty() {
            return Err(no_such_host(name, "it has no address of the kind that the DNS policy asks for"));
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let index = match self.dns.select {
            DnsSelect::First => 0,
            DnsSelect::RoundRobin => turn % candidates.len(),
            // A keyed hash of a counter: no generator to share between threads.
            DnsSelect::Random => (self.random.hash_one(turn) % candidates.len() as u64) as usize,
        };
        Ok(candidates[index])
    }
}

/// Starts a look-up on its own thread; its answer reaches the cache even if nobody waits any more.
fn depart(flight: &Arc<Flight>, name: &str, ask: fn(&str) -> Result<Vec<IpAddr>, Failure>) {
    let (shared, owned) = (flight.clone(), name.to_owned());
    let thread = std::thread::Builder::new().name("lookup".to_owned()).stack_size(256 << 10);
    let started = thread.spawn(move || {
        let _ = shared.answer.set(ask(&owned));
        shared.landed.notify_waiters();
    });
    if let Err(error) = started {
        let failure = Failure::new(code::DNS, "lookup: no thread for it")
            .with_detail(format!("lookup of `{name}`: no thread could be started: {error}"));
        let _ = flight.answer.set(Err(failure));
        flight.landed.notify_waiters();
    }
}

fn ask_machine(name: &str) -> Result<Vec<IpAddr>, Failure> {
    match (name, 0).to_socket_addrs() {
        Ok(found) => {
            let mut addresses: Vec<IpAddr> = Vec::new();
            for address in found {
                if !addresses.contains(&address.ip()) {
                    addresses.push(address.ip());
                }
            }
            Ok(addresses)
        }
        Err(error) => Err(lookup_failure(name, &error)),
    }
}

fn lookup_failure(name: &str, error: &io::Error) -> Failure {
    let text = error.to_string();
    // The standard library keeps getaddrinfo's number to itself; these are the words of EAI_NONAME and EAI_NODATA.
    let absent = ["not known", "No address associated", "nodename nor servname", "Name does not resolve"];
    if absent.iter().any(|words| text.contains(words)) {
        return no_such_host(name, "check its spelling and this machine's name servers");
    }
    Failure::new(code::DNS, "lookup: name server failure").with_detail(format!("lookup of `{name}`: {text}"))
}

fn no_such_host(name: &str, why: &str) -> Failure {
    Failure::new(code::DNS_NO_SUCH_HOST, "lookup: no such host")
        .with_detail(format!("lookup of `{name}`: no such host: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    fn resolver(ttl: DnsTtl, select: DnsSelect, policy: DnsPolicy) -> Resolver {
        Resolver::new(Dns { ttl, select, policy })
    }

    #[expect(clippy::unnecessary_wraps, reason = "the shape of a real look-up")]
    fn three(_: &str) -> Result<Vec<IpAddr>, Failure> {
        Ok(["::1", "10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap()).to_vec())
    }

    #[tokio::test]
    async fn selects_by_policy_and_turn() {
        let all = |select, policy| async move {
            let resolver = resolver(DnsTtl::Forever, select, policy);
            let mut seen = Vec::new();
            for _ in 0..3 {
                seen.push(resolver.resolve_with("x", three).await.unwrap().address.to_string());
            }
            seen.join(" ")
        };
        assert_eq!(all(DnsSelect::First, DnsPolicy::PreferIpv4).await, "10.0.0.1 10.0.0.1 10.0.0.1");
        assert_eq!(all(DnsSelect::RoundRobin, DnsPolicy::OnlyIpv4).await, "10.0.0.1 10.0.0.2 10.0.0.1");
        assert_eq!(all(DnsSelect::RoundRobin, DnsPolicy::Any).await, "::1 10.0.0.1 10.0.0.2");
        assert_eq!(all(DnsSelect::Random, DnsPolicy::PreferIpv6).await, "::1 ::1 ::1");
    }

    #[tokio::test]
    async fn no_address_of_the_kind_is_a_failure() {
        let only_v6 = resolver(DnsTtl::Forever, DnsSelect::First, DnsPolicy::OnlyIpv6);
        let answer = only_v6.resolve_with("x", |_| Ok(vec!["10.0.0.1".parse().unwrap()])).await;
        assert_eq!(answer.unwrap_err().code, 1101);
    }

    #[tokio::test]
    async fn asks_once_for_many_and_again_after_a_failure() {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let once = |_: &str| {
            ASKED.fetch_add(1, Ordering::SeqCst);
            Ok(vec!["10.0.0.1".parse().unwrap()])
        };
        let resolver = resolver(DnsTtl::For(Duration::from_mins(1)), DnsSelect::First, DnsPolicy::Any);
        let (a, b, c) = tokio::join!(
            resolver.resolve_with("x", once),
            resolver.resolve_with("x", once),
            resolver.resolve_with("x", once)
        );
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
        assert!(resolver.resolve_with("x", once).await.unwrap().cached);
        assert_eq!(ASKED.load(Ordering::SeqCst), 1);

        let broken = resolver.resolve_with("y", |name| Err(no_such_host(name, "no"))).await;
        assert_eq!(broken.unwrap_err().code, 1101);
        assert!(resolver.resolve_with("y", once).await.is_ok());
    }

    #[tokio::test]
    async fn without_a_time_to_live_every_call_asks() {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let count = |_: &str| {
            ASKED.fetch_add(1, Ordering::SeqCst);
            Ok(vec!["10.0.0.1".parse().unwrap()])
        };
        let resolver = resolver(DnsTtl::Never, DnsSelect::First, DnsPolicy::Any);
        for _ in 0..3 {
            resolver.resolve_with("x", count).await.unwrap();
        }
        assert_eq!(ASKED.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn the_machine_knows_localhost() {
        let resolver = resolver(DnsTtl::default(), DnsSelect::First, DnsPolicy::Any);
        assert!(resolver.resolve("localhost").await.unwrap().address.is_loopback());
    }
}
