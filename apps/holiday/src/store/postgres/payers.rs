//! Who pays, in which mode, and under which keys. Every statement may be repeated: see the pool.

use deadpool_postgres::Object;
use tokio_postgres::Error;

use super::spoken::prepare;
use crate::store::{Mode, Payer};

/// Who pays for an account.
pub(super) async fn payer(client: &Object, account: i64, mode: Mode) -> Result<Option<Payer>, Error> {
    let statement = prepare(
        client,
        "SELECT a.email, c.customer FROM accounts a LEFT JOIN customers c ON c.account = a.id AND c.mode = $2
             WHERE a.id = $1",
    )
    .await?;
    let row = client.query_opt(&statement, &[&account, &mode.as_str()]).await?;
    row.map(|row| Ok(Payer { email: row.try_get(0)?, customer: row.try_get(1)? })).transpose()
}

/// Notes the gateway's customer.
pub(super) async fn set_customer(
    client: &Object,
    account: i64,
    mode: Mode,
    customer: &str,
) -> Result<(), Error> {
    let statement = prepare(
        client,
        "INSERT INTO customers (account, mode, customer) VALUES ($1, $2, $3)
             ON CONFLICT (account, mode) DO UPDATE SET customer = excluded.customer",
    )
    .await?;
    client.execute(&statement, &[&account, &mode.as_str(), &customer]).await?;
    Ok(())
}

/// Forgets it; whether it was this one.
pub(super) async fn forget_customer(
    client: &Object,
    account: i64,
    mode: Mode,
    customer: &str,
) -> Result<bool, Error> {
    let statement =
        prepare(client, "DELETE FROM customers WHERE account = $1 AND mode = $2 AND customer = $3").await?;
    Ok(client.execute(&statement, &[&account, &mode.as_str(), &customer]).await? > 0)
}

/// Gives a mode to what has none: one statement, so all of it or nothing.
pub(super) async fn adopt(client: &Object, mode: Mode) -> Result<(), Error> {
    let statement = prepare(
        client,
        "WITH rows AS (UPDATE subscriptions SET mode = $1 WHERE mode IS NULL),
                  old AS (SELECT id, customer FROM accounts WHERE customer IS NOT NULL),
                  kept AS (INSERT INTO customers (account, mode, customer) SELECT id, $1, customer FROM old
                           ON CONFLICT (account, mode) DO NOTHING)
             UPDATE accounts SET customer = NULL WHERE customer IS NOT NULL",
    )
    .await?;
    client.execute(&statement, &[&mode.as_str()]).await?;
    Ok(())
}

/// How often a key had a final failure.
pub(super) async fn round(client: &Object, key: &str) -> Result<u32, Error> {
    let statement = prepare(client, "SELECT round FROM key_rounds WHERE key = $1").await?;
    let row = client.query_opt(&statement, &[&key]).await?;
    row.map_or(Ok(0), |row| row.try_get::<_, i32>(0).map(i32::unsigned_abs))
}

/// Counts one more.
pub(super) async fn next_round(client: &Object, key: &str, after: u32) -> Result<(), Error> {
    let statement = prepare(
        client,
        "INSERT INTO key_rounds AS known (key, round) VALUES ($1, $2)
             ON CONFLICT (key) DO UPDATE SET round = excluded.round WHERE excluded.round > known.round",
    )
    .await?;
    let next = i32::try_from(after).unwrap_or(i32::MAX).saturating_add(1);
    client.execute(&statement, &[&key, &next]).await?;
    Ok(())
}
