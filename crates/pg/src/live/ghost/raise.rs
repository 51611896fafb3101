//! From a portrait to a ghost that answers.

use std::path::{Path, PathBuf};

use super::body::Body;
use super::candidate::{CandidateError, Part, Size, describe, make, show};
use super::cluster::{Cluster, ClusterError, DATABASE, SUPERUSER};
use super::ends;
use super::fill::{self, fill};
use super::padded::keeps_padded_apart;
use super::prepare::{OWNER, prepare, settings};
use super::restore::restore;
use tokio::sync::Mutex;

use crate::ghost::PAGE_BYTES;
use crate::live::address::Address;
use crate::live::connect::{ConnectError, Session};
use crate::live::programs::Programs;
use crate::portrait::{Loss, Portrait};

/// How a ghost is to be raised.
#[derive(Clone, Debug, Default)]
pub struct Haunt {
    /// Where PostgreSQL's programs are; without it, wherever packages put them.
    pub programs: Option<PathBuf>,
}

/// Where a ghost is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder of its socket.
    pub folder: PathBuf,
    /// The role that owns what is in it.
    pub user: &'static str,
    /// The database.
    pub database: &'static str,
}

/// Why there is no ghost.
#[derive(Debug, thiserror::Error)]
pub enum GhostError {
    /// There is no cluster.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Its server can't be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The portrait's server was built otherwise.
    #[error("the server of the portrait has pages of {0} bytes, and ghosts have {PAGE_BYTES}")]
    Pages(u32),
    /// It does not take what it is told.
    #[error("the ghost does not take {what}: {why}")]
    Refused {
        /// What it is about.
        what: &'static str,
        /// Its words.
        why: String,
    },
}

/// An empty database that plans as another one does. It is gone when this is dropped, or when this process ends.
#[derive(Debug)]
pub struct Ghost {
    // The superuser's. Before the cluster, so that it ends first.
    keeper: Session,
    body: Mutex<Body>,
    cluster: Cluster,
    /// What the portrait has and the ghost has not.
    pub lost: Vec<Loss>,
}

impl Ghost {
    /// Makes one and fills it.
    ///
    /// # Errors
    /// See [`GhostError`].
    pub async fn raise(portrait: &Portrait, haunt: &Haunt) -> Result<Self, GhostError> {
        if portrait.server.block_bytes as usize != PAGE_BYTES {
            return Err(GhostError::Pages(portrait.server.block_bytes));
        }
        let refused = |what| move |why| GhostError::Refused { what, why };
        let mut lost = Vec::new();
        let programs = Programs::find(haunt.programs.as_deref(), "postgres");
        let mut cluster = Cluster::make(&portrait.server, &programs, &mut lost).await?;
        cluster.start().await?;
        let super_session = Session::open_with(&cluster.address(SUPERUSER), fill::BEGIN).await?;
        prepare(&super_session, portrait, &mut lost).await.map_err(refused("its roles and extensions"))?;
        {
            let session = Session::open_with(&cluster.address(OWNER), "SELECT 1").await?;
            restore(&session, portrait, &mut lost).await.map_err(refused("its schema"))?;
        }
        let numbers = fill(&super_session, portrait, &mut lost).await.map_err(refused("its statistics"))?;
        let ends = ends::write(&super_session, portrait, &numbers).await.map_err(refused("its ranges"))?;
        let entries =
            ends::read(ends, &super_session, &cluster.data()).await.map_err(refused("its ranges"))?;
        let body = Body::build(&cluster, &super_session, portrait, &numbers, entries, &mut lost)
            .await
            .map_err(refused("its sizes"))?;
        settings(&super_session, portrait, &mut lost).await.map_err(refused("its settings"))?;
        lost.sort();
        lost.dedup();
        Ok(Self { keeper: super_session, body: Mutex::new(body), cluster, lost })
    }

    /// Makes an index that the portrait has not got, and gives each of its parts the size that `size` says of it. The
    /// session is one of [`Self::address`], in no transaction; `DROP INDEX` there takes the index away again. What was
    /// made is said with the whole before its parts.
    ///
    /// # Errors
    /// See [`CandidateError`]; then nothing is left of it.
    pub async fn candidate(
        &self,
        session: &Session,
        definition: &str,
        size: impl FnMut(&Part) -> Size,
    ) -> Result<Vec<Part>, CandidateError> {
        let mut body = self.body.lock().await;
        let transaction = make(session, definition).await?;
        body.add(&self.cluster, &self.keeper, transaction, size).await
    }

    /// Until [`Self::put_back`] all large tables are as empty as they really are, and plans are those of empty tables.
    /// `CREATE INDEX` reads its table, holes too: of many candidates each then takes a millisecond at any size.
    ///
    /// # Errors
    /// The server's words, or the system's.
    pub async fn set_aside(&self) -> Result<(), String> {
        self.body.lock().await.set_aside(&self.cluster, &self.keeper).await
    }

    /// Ends [`Self::set_aside`].
    ///
    /// # Errors
    /// The server's words.
    pub async fn put_back(&self) -> Result<(), String> {
        self.body.lock().await.put_back(&self.keeper).await
    }

    /// Says of a key of indexes, counted from 1, what is known of the only key of another index, with so many different
    /// values (as `pg_statistic.stadistinct`). Nothing but numbers is taken from the caller.
    ///
    /// # Errors
    /// The server's words.
    pub async fn describe(&self, indexes: &[u32], key: i16, from: u32, distinct: f32) -> Result<(), String> {
        describe(&self.keeper, indexes, key, from, distinct).await
    }

    /// Keeps indexes from the planner, with all their parts, as if they had been dropped.
    ///
    /// # Errors
    /// The server's words.
    pub async fn hide(&self, indexes: &[u32]) -> Result<(), String> {
        show(&self.keeper, indexes, false).await
    }

    /// Lets the planner see indexes again.
    ///
    /// # Errors
    /// The server's words.
    pub async fn show(&self, indexes: &[u32]) -> Result<(), String> {
        show(&self.keeper, indexes, true).await
    }

    /// Gives tables that were rewritten, as some `ALTER TABLE` do, their sizes again.
    ///
    /// # Errors
    /// The server's words, or the system's.
    pub async fn settle(&self) -> Result<(), String> {
        self.body.lock().await.settle(&self.cluster, &self.keeper).await
    }

    /// Whether B-trees of this build of PostgreSQL keep equal values of `character(n)` apart, row by row, where they
    /// merge those of other types. 15.20 of Debian does, other builds from 14 to 18 merge them.
    ///
    /// # Errors
    /// The server's words.
    pub async fn keeps_padded_apart(&self) -> Result<bool, String> {
        keeps_padded_apart(&self.keeper).await
    }

    /// Where it is reached, as a role that owns what is in it and may do nothing else.
    pub fn address(&self) -> Address {
        self.cluster.address(OWNER)
    }

    /// The same in words that other programs take.
    pub fn place(&self) -> Place {
        Place { folder: self.cluster.socket(), user: OWNER, database: DATABASE }
    }

    /// The folder of the programs that it was made with.
    pub fn programs(&self) -> &Path {
        self.cluster.programs()
    }
}
