//! Filling an empty database with the sample, in one transaction.

use rusqlite::{Connection, params};

use crate::{catalogue::Status, sample::Sample};

/// Inserts everything; nothing at all if any of it fails.
pub(super) fn load(connection: &mut Connection, sample: Sample) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare("INSERT INTO providers VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for provider in sample.providers() {
            insert.execute(params![
                provider.id,
                provider.name,
                provider.suburb,
                provider.postcode,
                provider.rating_tenths
            ])?;
        }
        let mut insert = transaction.prepare(
            "INSERT INTO programs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?;
        let mut insert_place =
            transaction.prepare("INSERT INTO program_places VALUES (?1, ?2, ?2, ?3, ?3, ?4, ?5)")?;
        for program in sample.programs() {
            let place = program.place;
            insert.execute(params![
                program.id,
                program.provider,
                program.title,
                program.category,
                program.ages.first(),
                program.ages.last(),
                program.price_cents,
                program.starts_on,
                program.ends_on,
                program.capacity,
                program.postcode,
                program.suburb,
                place.latitude,
                place.longitude,
                program.status.as_str(),
                program.description,
            ])?;
            if program.status == Status::Active {
                insert_place.execute(params![
                    program.id,
                    place.latitude,
                    place.longitude,
                    program.ages.first(),
                    program.ages.last(),
                ])?;
            }
        }
    }
    transaction.commit()
}
