//! Subscriptions, and the gateway's events that changed them.

use rusqlite::{
    Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params,
    types::{Type, ValueRef},
};

use crate::store::{EVENT_KEPT_SECONDS, Mode, Subscription, SubscriptionStatus};

const COLUMNS: &str = "id, mode, account, price, payment_intent, status, told_at, created_at";

/// Keeps what is known of a subscription; the rules stand at the store's contract.
pub(super) fn add(connection: &mut Connection, subscription: &Subscription) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    merge(&transaction, subscription)?;
    transaction.commit()
}

/// The same once for each event; whether the event was new.
pub(super) fn apply_event(
    connection: &mut Connection,
    event: &str,
    subscription: &Subscription,
    now: i64,
) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction
        .prepare_cached("DELETE FROM events WHERE came_at <= ?1")?
        .execute([now.saturating_sub(EVENT_KEPT_SECONDS)])?;
    let new = transaction
        .prepare_cached("INSERT INTO events (id, came_at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")?
        .execute(params![event, now])?;
    if new == 1 {
        merge(&transaction, subscription)?;
    }
    transaction.commit()?;
    Ok(new == 1)
}

fn merge(transaction: &Transaction<'_>, new: &Subscription) -> rusqlite::Result<()> {
    let known = transaction
        .prepare_cached("SELECT status, told_at, mode FROM subscriptions WHERE id = ?1")?
        .query_row([&new.id], |row| Ok((status(row, 0)?, row.get::<_, i64>(1)?, mode(row, 2)?)))
        .optional()?;
    if let Some((known, told_at, _)) = known
        && !known.is_replaced_by(told_at, new.status, new.told_at)
    {
        return Ok(());
    }
    let mode = known.and_then(|(_, _, mode)| mode).or(new.mode).map(Mode::as_str);
    let mut becomes = new.status;
    if becomes == SubscriptionStatus::Incomplete {
        let runs: bool = transaction
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM subscriptions WHERE account = ?1 AND price = ?2 AND mode IS ?3
                     AND status NOT IN ('incomplete', 'incomplete_expired', 'canceled'))",
            )?
            .query_row(params![new.account, new.price, mode], |row| row.get(0))?;
        if runs {
            becomes = SubscriptionStatus::IncompleteExpired;
        }
    }
    if becomes.is_live() {
        transaction
            .prepare_cached(
                "UPDATE subscriptions SET status = 'incomplete_expired'
                 WHERE account = ?1 AND price = ?2 AND mode IS ?4 AND status = 'incomplete' AND id <> ?3",
            )?
            .execute(params![new.account, new.price, new.id, mode])?;
    }
    transaction
        .prepare_cached(
            "INSERT INTO subscriptions (id, account, price, payment_intent, status, created_at, told_at, mode)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (id) DO UPDATE SET status = excluded.status, told_at = max(told_at, excluded.told_at), mode = excluded.mode,
                 payment_intent = CASE payment_intent WHEN '' THEN excluded.payment_intent ELSE payment_intent END",
        )?
        .execute(params![
            new.id,
            new.account,
            new.price,
            new.payment_intent,
            becomes.as_str(),
            new.created_at,
            new.told_at,
            mode,
        ])?;
    Ok(())
}

/// An account's subscriptions of a price in a mode.
pub(super) fn of(
    connection: &Connection,
    account: i64,
    mode: Mode,
    price: &str,
) -> rusqlite::Result<Vec<Subscription>> {
    let text = format!(
        "SELECT {COLUMNS} FROM subscriptions WHERE account = ?1 AND price = ?2 AND mode = ?3 ORDER BY created_at, id"
    );
    connection.prepare_cached(&text)?.query_map(params![account, price, mode.as_str()], read)?.collect()
}

/// All subscriptions, by identifier.
pub(super) fn page(connection: &Connection, after: &str, limit: u32) -> rusqlite::Result<Vec<Subscription>> {
    let text = format!("SELECT {COLUMNS} FROM subscriptions WHERE id > ?1 ORDER BY id LIMIT ?2");
    connection.prepare_cached(&text)?.query_map(params![after, limit], read)?.collect()
}

/// How many subscriptions of an account are alive.
pub(super) fn live(connection: &Connection, account: i64) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM subscriptions WHERE account = ?1 AND status NOT IN ('incomplete_expired', 'canceled')",
        )?
        .query_row([account], |row| row.get::<_, u32>(0))
        .map(u64::from)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Subscription> {
    Ok(Subscription {
        id: row.get(0)?,
        mode: mode(row, 1)?,
        account: row.get(2)?,
        price: row.get(3)?,
        payment_intent: row.get(4)?,
        status: status(row, 5)?,
        told_at: row.get(6)?,
        created_at: row.get(7)?,
    })
}

fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<SubscriptionStatus> {
    word(row, column, "subscription status", SubscriptionStatus::from_word)
}

fn mode(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Mode>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => word(row, column, "mode", Mode::from_word).map(Some),
    }
}

fn word<T>(
    row: &Row<'_>,
    column: usize,
    what: &str,
    read: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let word: String = row.get(column)?;
    read(&word).ok_or_else(|| {
        let problem = format!("`{word}` is not a {what}");
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, problem.into())
    })
}
