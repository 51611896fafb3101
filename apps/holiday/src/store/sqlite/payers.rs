//! Who pays, in which mode, and under which keys.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::store::{Mode, Payer};

/// Who pays for an account.
pub(super) fn payer(connection: &Connection, account: i64, mode: Mode) -> rusqlite::Result<Option<Payer>> {
    connection
        .prepare_cached(
            "SELECT a.email, c.customer FROM accounts a LEFT JOIN customers c ON c.account = a.id AND c.mode = ?2
             WHERE a.id = ?1",
        )?
        .query_row(params![account, mode.as_str()], |row| {
            Ok(Payer { email: row.get(0)?, customer: row.get(1)? })
        })
        .optional()
}

/// Notes the gateway's customer.
pub(super) fn set_customer(
    connection: &Connection,
    account: i64,
    mode: Mode,
    customer: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO customers (account, mode, customer) VALUES (?1, ?2, ?3)
             ON CONFLICT (account, mode) DO UPDATE SET customer = excluded.customer",
        )?
        .execute(params![account, mode.as_str(), customer])?;
    Ok(())
}

/// Forgets it; whether it was this one.
pub(super) fn forget_customer(
    connection: &Connection,
    account: i64,
    mode: Mode,
    customer: &str,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("DELETE FROM customers WHERE account = ?1 AND mode = ?2 AND customer = ?3")?
        .execute(params![account, mode.as_str(), customer])
        .map(|forgotten| forgotten > 0)
}

/// Gives a mode to what has none.
pub(super) fn adopt(connection: &mut Connection, mode: Mode) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("UPDATE subscriptions SET mode = ?1 WHERE mode IS NULL", [mode.as_str()])?;
    transaction.execute(
        "INSERT INTO customers (account, mode, customer) SELECT id, ?1, customer FROM accounts WHERE customer IS NOT NULL
         ON CONFLICT (account, mode) DO NOTHING",
        [mode.as_str()],
    )?;
    transaction.execute("UPDATE accounts SET customer = NULL WHERE customer IS NOT NULL", [])?;
    transaction.commit()
}

/// How often a key had a final failure.
pub(super) fn round(connection: &Connection, key: &str) -> rusqlite::Result<u32> {
    let round = connection
        .prepare_cached("SELECT round FROM key_rounds WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(round.unwrap_or_default())
}

/// Counts one more.
pub(super) fn next_round(connection: &Connection, key: &str, after: u32) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO key_rounds (key, round) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET round = excluded.round WHERE excluded.round > round",
        )?
        .execute(params![key, after.saturating_add(1)])?;
    Ok(())
}
