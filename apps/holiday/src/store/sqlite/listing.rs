//! Reading programmes and providers by their numbers.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    catalogue::{Ages, Listed, Program, ProgramId, Provider, ProviderId, Status},
    place::Point,
};

macro_rules! columns {
    () => {
        "p.id, p.provider, p.title, p.category, p.age_first, p.age_last, p.price_cents, p.starts_on, p.ends_on, \
         p.capacity, p.postcode, p.suburb, p.latitude, p.longitude, p.status, v.name"
    };
}

const ONE: &str =
    concat!("SELECT ", columns!(), " FROM programs p JOIN providers v ON v.id = p.provider WHERE p.id = ?1");
const DETAILS: &str = concat!(
    "SELECT ",
    columns!(),
    ", p.description, v.suburb, v.postcode, v.rating_tenths \
     FROM programs p JOIN providers v ON v.id = p.provider WHERE p.id = ?1 AND p.status = 'active'"
);
// CROSS JOIN keeps the programmes as the outer loop, in the order of their numbers.
const PAGE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM programs p CROSS JOIN providers v ON v.id = p.provider \
     WHERE p.id > ?1 AND p.status = 'active' ORDER BY p.id LIMIT ?2"
);
const PROVIDERS: &str =
    "SELECT id, name, suburb, postcode, rating_tenths FROM providers WHERE id > ?1 ORDER BY id LIMIT ?2";

/// A programme that the search tree names, whatever its status.
pub(super) fn listed(connection: &Connection, id: ProgramId) -> rusqlite::Result<Listed> {
    connection.prepare_cached(ONE)?.query_row([id], read_listed)
}

/// One active programme and its provider.
pub(super) fn details(
    connection: &Connection,
    id: ProgramId,
) -> rusqlite::Result<Option<(Program, Provider)>> {
    connection
        .prepare_cached(DETAILS)?
        .query_row([id], |row| {
            let Listed { mut program, provider_name, .. } = read_listed(row)?;
            program.description = row.get(16)?;
            let provider = Provider {
                id: program.provider,
                name: provider_name,
                suburb: row.get(17)?,
                postcode: row.get(18)?,
                rating_tenths: row.get(19)?,
            };
            Ok((program, provider))
        })
        .optional()
}

/// Active programmes with a number above `after`.
pub(super) fn programs(
    connection: &Connection,
    after: ProgramId,
    limit: u32,
) -> rusqlite::Result<Vec<Listed>> {
    connection.prepare_cached(PAGE)?.query_map(params![after, limit], read_listed)?.collect()
}

/// Providers with a number above `after`.
pub(super) fn providers(
    connection: &Connection,
    after: ProviderId,
    limit: u32,
) -> rusqlite::Result<Vec<Provider>> {
    connection
        .prepare_cached(PROVIDERS)?
        .query_map(params![after, limit], |row| {
            Ok(Provider {
                id: row.get(0)?,
                name: row.get(1)?,
                suburb: row.get(2)?,
                postcode: row.get(3)?,
                rating_tenths: row.get(4)?,
            })
        })?
        .collect()
}

fn read_listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    let ages = Ages::new(row.get(4)?, row.get(5)?).ok_or_else(|| unreadable(row, 4))?;
    let status = Status::from_word(row.get_ref(14)?.as_str()?).ok_or_else(|| unreadable(row, 14))?;
    let program = Program {
        id: row.get(0)?,
        provider: row.get(1)?,
        title: row.get(2)?,
        category: row.get(3)?,
        description: String::new(),
        ages,
        price_cents: row.get(6)?,
        starts_on: row.get(7)?,
        ends_on: row.get(8)?,
        capacity: row.get(9)?,
        postcode: row.get(10)?,
        suburb: row.get(11)?,
        place: Point { latitude: row.get(12)?, longitude: row.get(13)? },
        status,
    };
    Ok(Listed { program, provider_name: row.get(15)?, distance_km: None })
}

fn unreadable(row: &Row<'_>, column: usize) -> rusqlite::Error {
    let name = row.as_ref().column_name(column).unwrap_or("?").to_owned();
    rusqlite::Error::InvalidColumnType(column, name, rusqlite::types::Type::Text)
}
