//! What the superuser of a ghost does before anything of a portrait's schema is there: roles, and extensions.
//!
//! Nothing here is a portrait's own text: names are quoted, extensions are those that this machine has, and nobody else
//! has made an object yet that their scripts could fall for.

use std::collections::{HashMap, HashSet};

use tokio_postgres::SimpleQueryMessage;

use super::cluster::{DATABASE, SUPERUSER};
use crate::ghost::{literal, quoted};
use crate::live::connect::{Session, explain};
use crate::portrait::{Extension, Loss, Portrait};

/// Who owns everything of a ghost; it may do nothing beyond its database.
pub(super) const OWNER: &str = "loadline_ghost";

/// Settings besides the planner's own that a portrait may set.
const SETTINGS: [&str; 14] = [
    "work_mem",
    "hash_mem_multiplier",
    "max_parallel_workers_per_gather",
    "max_parallel_workers",
    "DateStyle",
    "IntervalStyle",
    "TimeZone",
    "default_text_search_config",
    "search_path",
    "debug_parallel_query",
    "force_parallel_mode",
    "row_security",
    "array_nulls",
    "transform_null_equals",
];

/// Packages of extensions that do not come with the server (Debian's names; `{}` is the version).
const PACKAGES: [(&str, &str); 12] = [
    ("postgis", "postgresql-{}-postgis-3"),
    ("address_standardizer", "postgresql-{}-postgis-3"),
    ("vector", "postgresql-{}-pgvector"),
    ("hypopg", "postgresql-{}-hypopg"),
    ("pg_cron", "postgresql-{}-cron"),
    ("pg_partman", "postgresql-{}-partman"),
    ("pg_repack", "postgresql-{}-repack"),
    ("rum", "postgresql-{}-rum"),
    ("h3", "postgresql-{}-h3"),
    ("pgrouting", "postgresql-{}-pgrouting"),
    ("timescaledb", "postgresql-{}-timescaledb"),
    ("plpython3u", "postgresql-plpython3-{}"),
];

/// Roles, the owner, extensions.
pub(super) async fn prepare(
    session: &Session,
    portrait: &Portrait,
    lost: &mut Vec<Loss>,
) -> Result<(), String> {
    let owner = quoted(OWNER);
    let first = format!(
        "CREATE ROLE {owner} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION; \
         GRANT CREATE, TEMPORARY ON DATABASE {DATABASE} TO {owner}; \
         ALTER SCHEMA public OWNER TO {owner}"
    );
    session.batch_execute(&first).await.map_err(|error| explain(&error))?;
    roles(session, portrait).await;
    extensions(session, portrait, lost).await?;
    // What extensions keep in tables is for everybody, as it is elsewhere.
    for extension in &portrait.extensions {
        let schema = quoted(&extension.schema);
        let _ =
            session.batch_execute(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO PUBLIC")).await;
    }
    Ok(())
}

/// Roles without any power, so that policies can name them and statements be explained as theirs.
async fn roles(session: &Session, portrait: &Portrait) {
    for role in &portrait.roles {
        if [OWNER, SUPERUSER].contains(&role.name.as_str()) || role.name.starts_with("pg_") {
            continue;
        }
        let bypass = if role.bypasses_policies { "BYPASSRLS" } else { "NOBYPASSRLS" };
        let name = quoted(&role.name);
        // Whoever has lost a role hears of it by the policy that names it.
        let _ = session
            .batch_execute(&format!("CREATE ROLE {name} NOLOGIN {bypass}; GRANT {name} TO {}", quoted(OWNER)))
            .await;
    }
    for role in &portrait.roles {
        for of in &role.member_of {
            let _ = session.batch_execute(&format!("GRANT {} TO {}", quoted(of), quoted(&role.name))).await;
        }
    }
}

async fn extensions(session: &Session, portrait: &Portrait, lost: &mut Vec<Loss>) -> Result<(), String> {
    let mut versions: HashMap<String, HashSet<String>> = HashMap::new();
    let query = "SELECT name, version FROM pg_available_extension_versions";
    for message in session.simple_query(query).await.map_err(|error| explain(&error))? {
        if let SimpleQueryMessage::Row(row) = message
            && let (Some(name), Some(version)) = (row.get(0), row.get(1))
        {
            versions.entry(name.to_owned()).or_default().insert(version.to_owned());
        }
    }
    for extension in portrait.extensions.iter().filter(|extension| extension.name != "plpgsql") {
        let what = format!("the extension {} {}", extension.name, extension.version);
        let Some(available) = versions.get(&extension.name) else {
            let why = missing(&extension.name, portrait.server.major());
            lost.push(Loss { what, why });
            continue;
        };
        let version = available.contains(&extension.version).then_some(extension.version.as_str());
        match create(session, extension, version).await {
            Ok(()) if version.is_some() => {}
            Ok(()) => lost.push(Loss { what, why: "this machine has another version of it".to_owned() }),
            Err(why) => lost.push(Loss { what, why }),
        }
    }
    Ok(())
}

fn missing(name: &str, major: u32) -> String {
    let package = PACKAGES.iter().find(|(begin, _)| name.starts_with(begin));
    match package {
        Some((_, package)) => {
            format!(
                "this machine has not got it: install `{}` (Debian, Ubuntu)",
                package.replace("{}", &major.to_string())
            )
        }
        None => {
            format!("this machine has not got it for PostgreSQL {major}: install the package that brings it")
        }
    }
}

async fn create(session: &Session, extension: &Extension, version: Option<&str>) -> Result<(), String> {
    let (name, schema) = (quoted(&extension.name), quoted(&extension.schema));
    let version = version.map(|version| format!(" VERSION {}", literal(version))).unwrap_or_default();
    let make_schema = format!("CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {}", quoted(OWNER));
    if !extension.schema.starts_with("pg_") {
        session.batch_execute(&make_schema).await.map_err(|error| explain(&error))?;
    }
    let create = format!("CREATE EXTENSION {name} SCHEMA {schema}{version} CASCADE");
    if session.batch_execute(&create).await.is_ok() {
        return Ok(());
    }
    // Some make a schema themselves, and no other than that.
    if !extension.schema.starts_with("pg_") && extension.schema != "public" {
        let _ = session.batch_execute(&format!("DROP SCHEMA {schema}")).await;
    }
    let create = format!("CREATE EXTENSION {name}{version} CASCADE");
    session.batch_execute(&create).await.map_err(|error| explain(&error))
}

/// The portrait's settings, for the owner's sessions. Done last: nothing before depends on them.
pub(super) async fn settings(
    session: &Session,
    portrait: &Portrait,
    lost: &mut Vec<Loss>,
) -> Result<(), String> {
    let query = "SELECT name FROM pg_settings WHERE category LIKE 'Query Tuning%' AND context = 'user'";
    let mut known: HashSet<String> = SETTINGS.iter().map(|name| (*name).to_owned()).collect();
    for message in session.simple_query(query).await.map_err(|error| explain(&error))? {
        if let SimpleQueryMessage::Row(row) = message {
            known.extend(row.get(0).map(str::to_owned));
        }
    }
    for setting in portrait.settings.iter().filter(|setting| known.contains(&setting.name)) {
        // A list of names is one text for `SET`, and would be one name.
        let value = if setting.name == "search_path" && !setting.value.is_empty() {
            setting
                .value
                .split(", ")
                .map(|name| literal(name.trim_matches('"')))
                .collect::<Vec<_>>()
                .join(", ")
        } else {
            literal(&setting.value)
        };
        let text = format!(
            "ALTER ROLE {} IN DATABASE {DATABASE} SET {} TO {value}",
            quoted(OWNER),
            quoted(&setting.name)
        );
        if let Err(error) = session.batch_execute(&text).await {
            lost.push(Loss { what: format!("the setting {}", setting.name), why: explain(&error) });
        }
    }
    Ok(())
}
