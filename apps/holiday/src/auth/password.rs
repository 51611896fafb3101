//! Passwords, hashed with argon2id at a cost that keeps the service alive.
//!
//! One verification at OWASP's minimum (19 MiB, two passes) takes a core for some ten milliseconds, so logins are what can starve
//! everything else. Therefore: never on the threads that answer requests; never more at once than there are cores, each with one
//! buffer that is used again (allocating 19 MiB anew costs a page fault per 4 KiB); and who can't get a turn within
//! [`LONGEST_WAIT`] is told to come back instead of making the line longer.

use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        PasswordHasher,
        phc::{Output, PasswordHash},
    },
};
use tokio::sync::Semaphore;

use crate::timers::Timers;

/// How long a login may wait for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Default for HashCost {
    /// The minimum of OWASP's password storage cheat sheet: 19 MiB, two passes, one lane.
    fn default() -> HashCost {
        HashCost { memory_kib: 19 * 1024, passes: 2 }
    }
}

/// Why a password was neither right nor wrong.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many logins at once.
    #[error("too many logins at once")]
    Busy,
    /// A cost argon2 does not know.
    #[error("argon2 refuses {memory_kib} KiB with {passes} passes: it needs at least 8 KiB and one pass")]
    Cost {
        /// The memory asked for.
        memory_kib: u32,
        /// The passes asked for.
        passes: u32,
    },
    /// A stored hash that can't be read, or the machine's randomness failing.
    #[error("hashing failed: {0}")]
    Failed(String),
}

/// Hashes and verifies passwords.
pub struct Passwords {
    params: Params,
    turns: Semaphore,
    buffers: Mutex<Vec<Vec<Block>>>,
    /// Verified when there is no such account, so that both answers take the same time.
    decoy: String,
    timers: OnceLock<Timers>,
}

impl Passwords {
    /// A hasher that runs at most `at_once` verifications together.
    ///
    /// # Errors
    /// The cost is not valid.
    pub fn new(cost: HashCost, at_once: usize) -> Result<Arc<Passwords>, PasswordError> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None)
            .map_err(|_| PasswordError::Cost { memory_kib: cost.memory_kib, passes: cost.passes })?;
        let mut passwords = Passwords {
            params,
            turns: Semaphore::new(at_once.max(1)),
            buffers: Mutex::new(Vec::new()),
            decoy: String::new(),
            timers: OnceLock::new(),
        };
        passwords.decoy = passwords.hash("no account has this password")?;
        Ok(Arc::new(passwords))
    }

    /// Times waits and hashes from now on, as parts of requests.
    pub(crate) fn time(&self, timers: &Timers) {
        let _ = self.timers.set(timers.clone());
    }

    /// A PHC string with a new salt. Blocks for the cost of one hash.
    ///
    /// # Errors
    /// The machine's randomness fails.
    pub fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        let hash: PasswordHash = argon2
            .hash_password(password.as_bytes())
            .map_err(|error| PasswordError::Failed(error.to_string()))?;
        Ok(hash.to_string())
    }

    /// Whether `password` is the one of `stored`; false, after the same time, when there is nothing stored.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when no turn came in time, [`PasswordError::Failed`] when `stored` is no PHC string of argon2.
    pub async fn verify(
        self: Arc<Passwords>,
        password: String,
        stored: Option<String>,
    ) -> Result<bool, PasswordError> {
        let Timers { queue, hash, .. } = self.timers.get().cloned().unwrap_or_default();
        let turn = queue
            .time(tokio::time::timeout(LONGEST_WAIT, self.turns.acquire()))
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or(PasswordError::Busy)?;
        turn.forget();
        let passwords = Arc::clone(&self);
        let hashing = tokio::task::spawn_blocking(move || {
            let turn = Turn { passwords: &passwords };
            let matches = turn.matches(&password, stored.as_deref().unwrap_or(&passwords.decoy))?;
            Ok(matches && stored.is_some())
        });
        hash.time(hashing).await.map_err(|error| PasswordError::Failed(error.to_string()))?
    }
}

/// A turn at hashing; given back when dropped, also by a panic.
struct Turn<'a> {
    passwords: &'a Passwords,
}

impl Turn<'_> {
    fn matches(&self, password: &str, stored: &str) -> Result<bool, PasswordError> {
        let failed = |error: &dyn std::fmt::Display| PasswordError::Failed(error.to_string());
        let stored = PasswordHash::new(stored).map_err(|error| failed(&error))?;
        let params = Params::try_from(&stored).map_err(|error| failed(&error))?;
        let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
            return Err(failed(&"the stored hash has no salt or no output"));
        };
        let mut buffer = self.buffers().pop().unwrap_or_default();
        if buffer.len() < params.block_count() {
            buffer.resize(params.block_count(), Block::default());
        }
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut output = vec![0; expected.len()];
        let hashed =
            argon2.hash_password_into_with_memory(password.as_bytes(), &salt, &mut output, &mut buffer);
        self.buffers().push(buffer);
        hashed.map_err(|error| failed(&error))?;
        // `Output` compares in constant time.
        Ok(Output::new(&output).map_err(|error| failed(&error))? == expected)
    }

    fn buffers(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.passwords.buffers.lock().expect("nothing panics while it is held")
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.passwords.turns.add_permits(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: HashCost = HashCost { memory_kib: 64, passes: 1 };

    #[tokio::test]
    async fn right_wrong_and_unknown() {
        let passwords = Passwords::new(CHEAP, 2).unwrap();
        let stored = passwords.hash("correct horse").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
        for (password, stored, expected) in [
            ("correct horse", Some(&stored), true),
            ("correct horse ", Some(&stored), false),
            ("", Some(&stored), false),
            ("no account has this password", None, false),
        ] {
            let verified = Arc::clone(&passwords).verify(password.to_owned(), stored.cloned()).await.unwrap();
            assert_eq!(verified, expected, "{password}");
        }
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_still_verifies() {
        let dear = Passwords::new(HashCost { memory_kib: 256, passes: 2 }, 1).unwrap();
        let stored = dear.hash("secret").unwrap();
        let cheap = Passwords::new(CHEAP, 1).unwrap();
        for _ in 0..2 {
            assert!(Arc::clone(&cheap).verify("secret".to_owned(), Some(stored.clone())).await.unwrap());
        }
        assert_eq!(cheap.buffers.lock().unwrap().len(), 1, "the buffer is used again");
    }

    #[tokio::test]
    async fn a_broken_hash_is_an_error_and_gives_its_turn_back() {
        let passwords = Passwords::new(CHEAP, 1).unwrap();
        for stored in ["", "plain text", "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ"] {
            let result = Arc::clone(&passwords).verify("x".to_owned(), Some(stored.to_owned())).await;
            assert!(matches!(result, Err(PasswordError::Failed(_))), "{stored}");
        }
        assert!(Arc::clone(&passwords).verify("x".to_owned(), None).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_is_told_so() {
        let passwords = Passwords::new(CHEAP, 1).unwrap();
        let _turn = passwords.turns.acquire().await.unwrap();
        let result = Arc::clone(&passwords).verify("x".to_owned(), None).await;
        assert!(matches!(result, Err(PasswordError::Busy)));
    }

    #[test]
    fn an_impossible_cost() {
        assert!(Passwords::new(HashCost { memory_kib: 1, passes: 1 }, 1).is_err());
        assert!(Passwords::new(HashCost { memory_kib: 64, passes: 0 }, 1).is_err());
    }
}
