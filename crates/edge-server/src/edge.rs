//! What all workers of an edge share: its cache, its rules, and what is under way.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use bytes::Bytes;
use http::Request;
use loadline_edge::disk::{Disk, DiskError, Found};
use loadline_edge::rules::Rules;
use loadline_edge::{Cache, Purge, Shelved};
use loadline_serve::sealed;
use url::Url;

use crate::clock::now;
use crate::counters::Common;
use crate::flights::Flights;
use crate::log::{Log, LogWriter};
use crate::loops::Loops;
use crate::origin::{Gate, Health, Origin};
use crate::settings::Settings;

/// Where rules come from, each time they are read: they, or what is wrong with them.
pub type RulesSource = Box<dyn Fn() -> Result<Rules, String> + Send + Sync>;

/// An edge, which any number of workers serve.
pub struct Edge {
    pub(crate) settings: Settings,
    pub(crate) origin: Arc<Origin>,
    pub(crate) health: Arc<Health>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) flights: Arc<Flights>,
    pub(crate) loops: Loops,
    pub(crate) cache: Cache,
    pub(crate) common: Common,
    pub(crate) log: OnceLock<Arc<Log>>,
    pub(crate) disk: OnceLock<Arc<Disk>>,
    /// Whether the room of what was purged is being freed.
    pub(crate) is_swept: AtomicBool,
    rules: RwLock<Arc<Rules>>,
    source: RulesSource,
}

impl Edge {
    /// One with an empty cache, and rules from where they will be read again.
    ///
    /// # Errors
    /// What is wrong with the rules.
    pub fn new(settings: Settings, source: RulesSource) -> Result<Arc<Self>, String> {
        Ok(Arc::new(Self {
            origin: Arc::new(settings.origin.clone()),
            health: Arc::default(),
            gate: Arc::new(Gate::new(settings.origin_limits, settings.waits.queue)),
            flights: Flights::new(),
            loops: Loops::new(),
            cache: Cache::new(settings.policy.clone(), settings.limits).with_shelf(shelved),
            common: Common::default(),
            log: OnceLock::new(),
            disk: OnceLock::new(),
            is_swept: AtomicBool::new(false),
            rules: RwLock::new(Arc::new(source()?)),
            source,
            settings,
        }))
    }

    /// Keeps again what is in a folder, and keeps there what comes, in so many bytes. What it found. Only the first
    /// folder counts, and only before anything is served.
    ///
    /// # Errors
    /// The folder cannot be used, another process has it, or the bytes are too few.
    pub fn keep_in(&self, folder: &Path, bytes: u64) -> Result<Found, DiskError> {
        let (disk, found) = Disk::open(folder, bytes, &self.cache, now())?;
        let _ = self.disk.set(disk);
        Ok(found)
    }

    /// Waits until all that is to be kept in the folder is there; at once without one.
    pub fn settle(&self) {
        if let Some(disk) = self.disk.get() {
            disk.settle();
        }
    }

    /// Writes an access log from now on; workers that serve already have none.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub fn log_to(&self, to: Box<dyn Write + Send>) -> io::Result<LogWriter> {
        let (log, writer) = Log::new(to)?;
        let _ = self.log.set(log);
        Ok(writer)
    }

    /// Reads the rules again, and goes by them from now on. What is kept stays; it is found by whoever has the same key
    /// as before. How many rules there are.
    ///
    /// # Errors
    /// What is wrong with them; those from before stay.
    pub fn reload(&self) -> Result<usize, String> {
        match (self.source)() {
            Ok(rules) => {
                let count = rules.rules.len();
                *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
                self.common.reloads.fetch_add(1, Ordering::Relaxed);
                Ok(count)
            }
            Err(error) => {
                self.common.failed_reloads.fetch_add(1, Ordering::Relaxed);
                Err(error)
            }
        }
    }

    /// Makes answers stale, or forgets them. How many it was. A URL is that of a client, which may have parameters that
    /// its rule leaves out.
    pub fn purge(&self, purge: &Purge, softly: bool) -> usize {
        let count = match purge {
            Purge::Url(url) => self.cache.purge(&Purge::Url(self.as_kept(url)), softly.then(now)),
            purge => self.cache.purge(purge, softly.then(now)),
        };
        self.common.purges.fetch_add(count as u64, Ordering::Relaxed);
        count
    }

    /// How many requests wait for the answer to another one at this moment.
    pub fn waiting(&self) -> u64 {
        u64::try_from(self.common.waiting.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// The URL under which answers to requests for this one are kept.
    fn as_kept(&self, url: &Url) -> Url {
        let mut request = Request::new(());
        let Ok(uri) = url.as_str().parse() else { return url.clone() };
        *request.uri_mut() = uri;
        let asked = self.rules().ask(request, &[]).ok();
        asked
            .and_then(|asked| Url::parse(&asked.request.uri().to_string()).ok())
            .unwrap_or_else(|| url.clone())
    }

    pub(crate) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn lost(&self) -> u64 {
        self.log.get().map_or(0, |log| log.lost())
    }
}

/// Where the system can send it from by itself.
fn shelved(body: &Bytes) -> Shelved {
    sealed(body).map_or_else(|| Shelved::as_it_is(body), |(body, around)| Shelved { body, around })
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "an edge in front of {}", self.origin.address())
    }
}
