//! From an address to a portrait.

use std::path::PathBuf;
use std::time::Duration;

use super::counts::counts;
use super::dump::{DumpError, dump};
use super::ends::ends;
use super::figures::{Types, extended, statistics};
use super::heights::heights;
use super::reading::{Reading, Refusal, Row, is_true, number, text};
use super::relations::relations;
use super::usage::usage;
use super::workload::workload;
use crate::cost::marked as own;
use crate::live::address::Address;
use crate::live::connect::{ConnectError, Session};
use crate::live::programs::Programs;
use crate::portrait::{Extension, Loss, Portrait, Role, Server, Setting, pieces};

/// The oldest version that a portrait is made of: what is read differs before it.
const OLDEST: u32 = 150_000;
/// No statement of ours takes longer.
const LONGEST: Duration = Duration::from_mins(1);
/// A setting that only we know: a server takes it, whoever stands in between does not.
const MARK: &str = "loadline.portrait";

/// How a portrait is to be made.
#[derive(Clone, Debug, Default)]
pub struct Sitting {
    /// Leave out every value of the data.
    pub without_values: bool,
    /// Where PostgreSQL's programs are; without it, wherever packages put them.
    pub programs: Option<PathBuf>,
}

/// Why there is no portrait.
#[derive(Debug, thiserror::Error)]
pub enum PortrayError {
    /// There is no session.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Somebody stands in between who hands sessions on.
    #[error(
        "`{address}` is a pooler and not the server itself: reading a schema leaves settings behind that others would \
         get\nhint: give the server's own address"
    )]
    Pooler {
        /// Where it was.
        address: String,
    },
    /// The server is too old.
    #[error("PostgreSQL {version} is too old: portraits are made of 15 and later")]
    TooOld {
        /// Its version.
        version: String,
    },
    /// The server refuses what there is no portrait without.
    #[error("`{address}` refuses to be read: {refusal}")]
    Refused {
        /// Where it was.
        address: String,
        /// Its words.
        refusal: Refusal,
    },
    /// There is no schema.
    #[error(transparent)]
    Dump(#[from] DumpError),
}

/// Makes a portrait of a database.
///
/// # Errors
/// See [`PortrayError`].
pub async fn portray(address: &Address, sitting: &Sitting) -> Result<Portrait, PortrayError> {
    refuse_pooler(address).await?;
    let session = Session::open(address, LONGEST).await?;
    let refused = |refusal| PortrayError::Refused { address: address.to_string(), refusal };
    let reading = Reading::begin(&session).await.map_err(refused)?;
    let server = server(&reading).await.map_err(refused)?;
    if server.version_number < OLDEST {
        return Err(PortrayError::TooOld { version: server.version });
    }
    let is_counted = !may_be_uncounted(&reading).await.map_err(refused)?;
    let programs = Programs::find(sitting.programs.as_deref(), "pg_dump");
    let major = server.major();
    // Beside everything else: it takes longest.
    let (dumped, read) = tokio::join!(
        dump(address, major, &programs, is_counted),
        read(&reading, server, sitting.without_values)
    );
    let mut portrait = read.map_err(refused)?;
    reading.end().await.map_err(refused)?;
    portrait.schema = pieces(&dumped?);
    portrait.lost.sort();
    portrait.lost.dedup();
    Ok(if sitting.without_values { portrait.without_values() } else { portrait })
}

async fn read(reading: &Reading<'_>, server: Server, without_values: bool) -> Result<Portrait, Refusal> {
    let mut lost = Vec::new();
    let version = server.version_number;
    let made_ms = number(&one(reading, "SELECT (extract(epoch FROM now()) * 1000)::bigint").await?, 0);
    let extensions = extensions(reading).await?;
    let mut relations = relations(reading, version, server.block_bytes, &mut lost).await?;
    heights(reading, &mut relations, server.block_bytes).await?;
    let entries = counts(reading, &relations, server.block_bytes).await?;
    let types = Types::read(reading).await?;
    let mut statistics = statistics(reading, &relations, &types, &mut lost).await?;
    if !without_values {
        ends(reading, &relations, &mut statistics, &mut lost).await?;
    }
    let (extended, labels) = extended(reading, version, &types, &mut lost).await?;
    let counts = extensions.iter().find(|extension| extension.name == "pg_stat_statements");
    let workload = workload(reading, counts.map(|extension| extension.schema.as_str()), &mut lost).await?;
    elsewhere(reading, &mut lost).await?;
    let usage = usage(reading, &relations, &mut lost).await?;
    Ok(Portrait {
        made_ms,
        settings: settings(reading).await?,
        roles: roles(reading).await?,
        server,
        extensions,
        schema: Vec::new(),
        relations: relations.all,
        statistics,
        extended,
        labels,
        workload,
        has_values: true,
        counts: entries,
        lost,
        usage,
    })
}

async fn one(reading: &Reading<'_>, query: &str) -> Result<Row, Refusal> {
    reading.rows(query).await?.into_iter().next().ok_or_else(|| Refusal(format!("`{query}` gave nothing")))
}

/// Whether this role may leave what `pg_dump` asks out of what the server counts: no mark of ours stands in that.
async fn may_be_uncounted(reading: &Reading<'_>) -> Result<bool, Refusal> {
    let question = "SELECT current_setting('pg_stat_statements.track', true) IS NOT NULL \
         AND has_parameter_privilege('pg_stat_statements.track', 'SET')";
    Ok(reading.attempt(question).await?.is_ok_and(|answers| {
        answers.first().and_then(|rows| rows.first()).is_some_and(|row| is_true(row, 0))
    }))
}

/// Poolers refuse settings in the start-up message, or forget them.
async fn refuse_pooler(address: &Address) -> Result<(), PortrayError> {
    let pooler = || PortrayError::Pooler { address: address.to_string() };
    let mut marked = address.clone();
    marked.config.options(format!("-c {MARK}=on"));
    let session = match Session::open_with(&marked, &own("SET statement_timeout = 5000")).await {
        Ok(session) => session,
        Err(ConnectError::Refused { why, .. }) if why.contains("startup parameter") => return Err(pooler()),
        Err(error) => return Err(error.into()),
    };
    let marked =
        session.simple_query(&own(&format!("SELECT 1 WHERE current_setting('{MARK}', true) = 'on'"))).await;
    let is_marked = marked.is_ok_and(|messages| {
        messages.iter().any(|message| matches!(message, tokio_postgres::SimpleQueryMessage::Row(_)))
    });
    if is_marked { Ok(()) } else { Err(pooler()) }
}

async fn server(reading: &Reading<'_>) -> Result<Server, Refusal> {
    let version: u32 = number(&one(reading, "SHOW server_version_num").await?, 0);
    let locale = match version {
        170_000.. => "datlocale",
        150_000.. => "daticulocale",
        _ => "NULL",
    };
    let provider = if version >= 150_000 { "datlocprovider" } else { "'c'" };
    let row = one(
        reading,
        &format!(
            "SELECT current_setting('server_version'), datname, pg_encoding_to_char(encoding), datcollate, datctype, \
             {provider}, {locale}, current_setting('block_size') FROM pg_database WHERE datname = current_database()"
        ),
    )
    .await?;
    let system = reading.attempt("SELECT system_identifier FROM pg_control_system()").await?;
    let system = system.ok().and_then(|answers| answers.first()?.first()?.first()?.clone());
    Ok(Server {
        version_number: version,
        version: text(&row, 0),
        system,
        database: text(&row, 1),
        encoding: text(&row, 2),
        collate: text(&row, 3),
        ctype: text(&row, 4),
        provider: text(&row, 5),
        locale: row.get(6).cloned().flatten(),
        block_bytes: number(&row, 7),
    })
}

/// Settings that move the planner, and those by which statements and their literals are read.
async fn settings(reading: &Reading<'_>) -> Result<Vec<Setting>, Refusal> {
    // Ours stand in the transaction; what stood there before is what a session begins with.
    let rows = reading
        .rows(
            "SELECT name, CASE WHEN name IN ('search_path', 'max_parallel_workers_per_gather', 'jit') \
                    THEN reset_val ELSE setting END \
             FROM pg_settings WHERE category LIKE 'Query Tuning%' OR name IN ('work_mem', 'hash_mem_multiplier', \
             'max_parallel_workers_per_gather', 'max_parallel_workers', 'DateStyle', 'IntervalStyle', 'TimeZone', \
             'default_text_search_config', 'search_path', 'debug_parallel_query', 'force_parallel_mode', \
             'row_security', 'array_nulls', 'transform_null_equals') ORDER BY name",
        )
        .await?;
    Ok(rows.iter().map(|row| Setting { name: text(row, 0), value: text(row, 1) }).collect())
}

async fn extensions(reading: &Reading<'_>) -> Result<Vec<Extension>, Refusal> {
    let rows = reading
        .rows(
            "SELECT e.extname, e.extversion, n.nspname FROM pg_extension e \
             JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY e.oid",
        )
        .await?;
    let extension = |row: &Row| Extension { name: text(row, 0), version: text(row, 1), schema: text(row, 2) };
    Ok(rows.iter().map(extension).collect())
}

async fn roles(reading: &Reading<'_>) -> Result<Vec<Role>, Refusal> {
    let rows = reading
        .rows(
            "SELECT r.rolname, r.rolbypassrls OR r.rolsuper, m.rolname FROM pg_roles r \
             LEFT JOIN pg_auth_members am ON am.member = r.oid LEFT JOIN pg_roles m ON m.oid = am.roleid \
             WHERE r.rolname !~ '^pg_' ORDER BY r.rolname, m.rolname LIMIT 2000",
        )
        .await?;
    let mut roles: Vec<Role> = Vec::new();
    for row in rows {
        let name = text(&row, 0);
        if roles.last().is_none_or(|last| last.name != name) {
            roles.push(Role { name, bypasses_policies: is_true(&row, 1), member_of: Vec::new() });
        }
        if let (Some(of), Some(last)) = (row.get(2).cloned().flatten(), roles.last_mut())
            && !of.starts_with("pg_")
        {
            last.member_of.push(of);
        }
    }
    Ok(roles)
}

/// What a planner asks somebody else about.
async fn elsewhere(reading: &Reading<'_>, lost: &mut Vec<Loss>) -> Result<(), Refusal> {
    let rows = reading
        .rows(
            "SELECT 'the foreign table ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname), \
                    'its rows and their statistics are on another server' \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'f' \
             UNION ALL SELECT 'the prices of pages in the tablespace ' || quote_ident(spcname), \
                    'a ghost has one tablespace; those of the server stand for them' \
             FROM pg_tablespace WHERE spcoptions IS NOT NULL ORDER BY 1",
        )
        .await?;
    lost.extend(rows.iter().map(|row| Loss { what: text(row, 0), why: text(row, 1) }));
    Ok(())
}
