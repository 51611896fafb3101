//! Filling an empty database with the sample, in one transaction, by binary COPY.
//!
//! The tables are truncated first, empty as they are: rows copied into a table made or truncated in the same transaction can be
//! written as already frozen and visible to all, which saves the first readers from rewriting every page.

use std::pin::pin;

use tokio_postgres::{
    Client, Error, Transaction,
    binary_copy::BinaryCopyInWriter,
    types::{ToSql, Type},
};

use super::values::{AgeRange, Day, Place, StatusWord};
use crate::sample::Sample;

/// Another number than the migrations' lock: "holidayl".
const LOCK: i64 = i64::from_be_bytes(*b"holidayl");

/// Copies everything, or nothing if any of it fails, or nothing if another service has just done it.
pub(super) async fn load(client: &mut Client, sample: Sample) -> Result<(), Error> {
    let transaction = client.transaction().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let empty: bool =
        transaction.query_one("SELECT NOT EXISTS (SELECT 1 FROM programs)", &[]).await?.try_get(0)?;
    if !empty {
        return transaction.rollback().await;
    }
    transaction.batch_execute("TRUNCATE programs, providers").await?;
    copy_providers(&transaction, sample).await?;
    copy_programs(&transaction, sample).await?;
    transaction.commit().await?;
    client.batch_execute("ANALYZE programs; ANALYZE providers").await
}

async fn copy_providers(transaction: &Transaction<'_>, sample: Sample) -> Result<(), Error> {
    let sink = transaction
        .copy_in(
            "COPY providers (id, name, suburb, postcode, rating_tenths) FROM STDIN WITH (FORMAT binary, FREEZE)",
        )
        .await?;
    let types = [Type::INT8, Type::TEXT, Type::TEXT, Type::TEXT, Type::INT2];
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
    for provider in sample.providers() {
        let rating = i16::from(provider.rating_tenths);
        let row: [&(dyn ToSql + Sync); 5] =
            [&provider.id, &provider.name, &provider.suburb, &provider.postcode, &rating];
        writer.as_mut().write(&row).await?;
    }
    writer.finish().await?;
    Ok(())
}

async fn copy_programs(transaction: &Transaction<'_>, sample: Sample) -> Result<(), Error> {
    // Only the server knows the number of PostGIS's type.
    let geography = transaction.prepare("SELECT place FROM programs").await?.columns()[0].type_().clone();
    let sink = transaction
        .copy_in(
            "COPY programs (id, provider, title, category, ages, price_cents, starts_on, ends_on, capacity, postcode, suburb,
             place, status, description) FROM STDIN WITH (FORMAT binary, FREEZE)",
        )
        .await?;
    let types = [
        Type::INT8,
        Type::INT8,
        Type::TEXT,
        Type::TEXT,
        Type::INT4_RANGE,
        Type::INT8,
        Type::DATE,
        Type::DATE,
        Type::INT4,
        Type::TEXT,
        Type::TEXT,
        geography,
        Type::TEXT,
        Type::TEXT,
    ];
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
    for program in sample.programs() {
        let row: [&(dyn ToSql + Sync); 14] = [
            &program.id,
            &program.provider,
            &program.title,
            &program.category,
            &AgeRange(program.ages),
            &program.price_cents,
            &Day(program.starts_on),
            &Day(program.ends_on),
            &(program.capacity as i32),
            &program.postcode,
            &program.suburb,
            &Place(program.place),
            &StatusWord(program.status),
            &program.description,
        ];
        writer.as_mut().write(&row).await?;
    }
    writer.finish().await?;
    Ok(())
}
