//! Reading programmes and providers by their numbers.

use deadpool_postgres::Object;
use tokio_postgres::{Error, Row};

use super::{
    spoken::prepare,
    values::{AgeRange, Day, Place, StatusWord},
};
use crate::catalogue::{Listed, Program, ProgramId, Provider, ProviderId};

macro_rules! columns {
    () => {
        "p.id, p.provider, p.title, p.category, p.ages, p.price_cents, p.starts_on, p.ends_on, p.capacity, p.postcode, \
         p.suburb, p.place, p.status, v.name"
    };
}
pub(super) use columns;

const DETAILS: &str = concat!(
    "SELECT ",
    columns!(),
    ", p.description, v.suburb, v.postcode, v.rating_tenths \
     FROM programs p JOIN providers v ON v.id = p.provider WHERE p.id = $1 AND p.status = 'active'"
);
// The page is cut before the providers are looked up, in the order of the primary key.
const PAGE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM (SELECT * FROM programs WHERE id > $1 AND status = 'active' ORDER BY id LIMIT $2) p \
     JOIN providers v ON v.id = p.provider ORDER BY p.id"
);
const PROVIDERS: &str =
    "SELECT id, name, suburb, postcode, rating_tenths FROM providers WHERE id > $1 ORDER BY id LIMIT $2";

/// One active programme and its provider.
pub(super) async fn details(client: &Object, id: ProgramId) -> Result<Option<(Program, Provider)>, Error> {
    let statement = prepare(client, DETAILS).await?;
    let Some(row) = client.query_opt(&statement, &[&id]).await? else { return Ok(None) };
    let Listed { mut program, provider_name, .. } = read_listed(&row)?;
    program.description = row.try_get(14)?;
    let provider = Provider {
        id: program.provider,
        name: provider_name,
        suburb: row.try_get(15)?,
        postcode: row.try_get(16)?,
        rating_tenths: rating(&row, 17)?,
    };
    Ok(Some((program, provider)))
}

/// Active programmes with a number above `after`.
pub(super) async fn programs(client: &Object, after: ProgramId, limit: u32) -> Result<Vec<Listed>, Error> {
    let statement = prepare(client, PAGE).await?;
    client.query(&statement, &[&after, &i64::from(limit)]).await?.iter().map(read_listed).collect()
}

/// Providers with a number above `after`.
pub(super) async fn providers(
    client: &Object,
    after: ProviderId,
    limit: u32,
) -> Result<Vec<Provider>, Error> {
    let statement = prepare(client, PROVIDERS).await?;
    let read = |row: &Row| {
        Ok(Provider {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            suburb: row.try_get(2)?,
            postcode: row.try_get(3)?,
            rating_tenths: rating(row, 4)?,
        })
    };
    client.query(&statement, &[&after, &i64::from(limit)]).await?.iter().map(read).collect()
}

/// A row of the columns above, without a distance.
pub(super) fn read_listed(row: &Row) -> Result<Listed, Error> {
    let program = Program {
        id: row.try_get(0)?,
        provider: row.try_get(1)?,
        title: row.try_get(2)?,
        category: row.try_get(3)?,
        description: String::new(),
        ages: row.try_get::<_, AgeRange>(4)?.0,
        price_cents: row.try_get(5)?,
        starts_on: row.try_get::<_, Day>(6)?.0,
        ends_on: row.try_get::<_, Day>(7)?.0,
        capacity: row.try_get::<_, i32>(8)?.unsigned_abs(),
        postcode: row.try_get(9)?,
        suburb: row.try_get(10)?,
        place: row.try_get::<_, Place>(11)?.0,
        status: row.try_get::<_, StatusWord>(12)?.0,
    };
    Ok(Listed { program, provider_name: row.try_get(13)?, distance_km: None })
}

fn rating(row: &Row, column: usize) -> Result<u8, Error> {
    row.try_get::<_, i16>(column).map(|tenths| tenths.clamp(0, 50) as u8)
}
