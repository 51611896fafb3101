//! How often a login may fail, for each client, and for each account that it tries.
//!
//! A token bucket each: a failure takes a token, and who has none left waits (429 with Retry-After) until one has grown again. A
//! success takes none, so a load test, or an office behind one address, may log in as fast as it can.
//!
//! A client is an IPv4 address, or 64 bits of IPv6. That somebody elsewhere guesses at an account locks nobody out: who has the right
//! password gets in.
//!
//! - An account's token is taken before the password is looked at and given back unless it was wrong: many guesses at once do not get
//!   past the limit. Accounts that do not exist have buckets like those that do.
//! - A client's token is taken after the failure; how many guesses run at once is bounded by the hashing.
//!
//! The buckets are in memory: bounded in number, and forgotten with the process.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use tokio::time::Instant;

use crate::web::Network;

const ACCOUNT: Rate = Rate { burst: 20.0, per_s: 1.0 / 15.0 };
const ADDRESS: Rate = Rate { burst: 100.0, per_s: 1.0 };
/// More buckets than this are not kept; full ones go first, since a new one is the same.
const MOST_BUCKETS: usize = 50_000;

#[derive(Clone, Copy)]
struct Rate {
    burst: f64,
    per_s: f64,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Whose {
    Account(String, Network),
    Client(Network),
}

/// Counts failed logins.
#[derive(Default)]
pub(crate) struct Attempts {
    buckets: Mutex<HashMap<Whose, Bucket>>,
}

/// A login that is being checked.
pub(crate) struct Attempt<'a> {
    attempts: &'a Attempts,
    account: Whose,
    address: Whose,
    failed: bool,
}

impl Attempts {
    /// Begins a login.
    ///
    /// # Errors
    /// There were too many failures: how long to wait.
    pub(crate) fn begin(&self, email: &str, address: IpAddr) -> Result<Attempt<'_>, Duration> {
        let client = Network::of_client(address);
        let (account, address) = (Whose::Account(email.to_owned(), client), Whose::Client(client));
        let mut buckets = self.lock();
        let (of_account, of_address) = (tokens(&buckets, &account), tokens(&buckets, &address));
        let wait = account.rate().until_one(of_account).max(address.rate().until_one(of_address));
        if !wait.is_zero() {
            return Err(wait);
        }
        add(&mut buckets, &account, -1.0);
        drop(buckets);
        Ok(Attempt { attempts: self, account, address, failed: false })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Whose, Bucket>> {
        self.buckets.lock().expect("nothing panics while it is held")
    }
}

impl Attempt<'_> {
    /// The password was wrong, or there is no such account.
    pub(crate) fn failed(mut self) {
        self.failed = true;
        add(&mut self.attempts.lock(), &self.address, -1.0);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.failed {
            add(&mut self.attempts.lock(), &self.account, 1.0);
        }
    }
}

impl Whose {
    fn rate(&self) -> Rate {
        match self {
            Whose::Account(..) => ACCOUNT,
            Whose::Client(_) => ADDRESS,
        }
    }
}

impl Rate {
    fn until_one(self, tokens: f64) -> Duration {
        if tokens >= 1.0 { Duration::ZERO } else { Duration::from_secs_f64((1.0 - tokens) / self.per_s) }
    }
}

fn tokens(buckets: &HashMap<Whose, Bucket>, whose: &Whose) -> f64 {
    let rate = whose.rate();
    buckets.get(whose).map_or(rate.burst, |bucket| {
        (bucket.tokens + bucket.at.elapsed().as_secs_f64() * rate.per_s).min(rate.burst)
    })
}

fn add(buckets: &mut HashMap<Whose, Bucket>, whose: &Whose, change: f64) {
    let tokens = (tokens(buckets, whose) + change).min(whose.rate().burst);
    if tokens >= whose.rate().burst {
        // A full bucket is the same as none.
        buckets.remove(whose);
        return;
    }
    if buckets.len() >= MOST_BUCKETS && !buckets.contains_key(whose) {
        let now = Instant::now();
        buckets.retain(|whose, bucket| {
            let rate = whose.rate();
            bucket.tokens + (now - bucket.at).as_secs_f64() * rate.per_s < rate.burst
        });
        if buckets.len() >= MOST_BUCKETS {
            // A flood of made-up accounts: the addresses it comes from are what is left to count.
            buckets.retain(|whose, _| matches!(whose, Whose::Client(_)));
        }
        if buckets.len() >= MOST_BUCKETS {
            buckets.clear();
        }
    }
    buckets.insert(whose.clone(), Bucket { tokens, at: Instant::now() });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn address(last: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(203, 0, 113, last))
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_is_guessed_at_slowly() {
        let attempts = Attempts::default();
        for _ in 0..20 {
            attempts.begin("a@b.c", address(99)).unwrap().failed();
        }
        assert!(attempts.begin("a@b.c", address(1)).is_ok(), "the owner, elsewhere");
        let wait = attempts.begin("a@b.c", address(99)).err().unwrap();
        assert_eq!(wait, Duration::from_secs(15));
        assert!(attempts.begin("other@b.c", address(99)).is_ok(), "others are not concerned");
        tokio::time::advance(wait).await;
        attempts.begin("a@b.c", address(99)).unwrap().failed();
        assert!(attempts.begin("a@b.c", address(99)).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_tries_many_accounts_slowly() {
        let attempts = Attempts::default();
        for guess in 0..100 {
            attempts.begin(&guess.to_string(), address(1)).unwrap().failed();
        }
        assert!(attempts.begin("new", address(1)).is_err());
        assert!(attempts.begin("new", address(2)).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_of_ipv6_are_one_client() {
        let attempts = Attempts::default();
        let address = |last: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last));
        for guess in 0..20 {
            attempts.begin("a@b.c", address(guess)).unwrap().failed();
        }
        assert!(attempts.begin("a@b.c", address(99)).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_at_once_do_not_get_past() {
        let attempts = Attempts::default();
        let running: Vec<_> = (0..30).filter_map(|_| attempts.begin("a@b.c", address(1)).ok()).collect();
        assert_eq!(running.len(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn successes_cost_nothing() {
        let attempts = Attempts::default();
        for _ in 0..10_000 {
            drop(attempts.begin("a@b.c", address(1)).unwrap());
        }
        assert!(attempts.lock().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded() {
        let attempts = Attempts::default();
        for guess in 0..MOST_BUCKETS + 10 {
            let address = IpAddr::V4(Ipv4Addr::from((guess / 90) as u32));
            attempts.begin(&guess.to_string(), address).unwrap().failed();
        }
        assert!(attempts.lock().len() <= MOST_BUCKETS);
    }
}
