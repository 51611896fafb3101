//! Subscriptions, and the gateway's events that changed them.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params, types::Type};

use crate::store::{EVENT_KEPT_SECONDS, Subscription, SubscriptionStatus};

const COLUMNS: &str = "id, account, price, payment_intent, status, created_at";

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
        .prepare_cached("SELECT status FROM subscriptions WHERE id = ?1")?
        .query_row([&new.id], |row| status(row, 0))
        .optional()?;
    if known.is_some_and(|known| known.rank() >= new.status.rank()) {
        return Ok(());
    }
    let mut becomes = new.status;
    if becomes == SubscriptionStatus::Incomplete {
        let paid: bool = transaction
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM subscriptions WHERE account = ?1 AND price = ?2 AND status = 'active')",
            )?
            .query_row(params![new.account, new.price], |row| row.get(0))?;
        if paid {
            becomes = SubscriptionStatus::IncompleteExpired;
        }
    }
    if becomes.is_live() {
        transaction
            .prepare_cached(
                "UPDATE subscriptions SET status = 'incomplete_expired'
                 WHERE account = ?1 AND price = ?2 AND status = 'incomplete' AND id <> ?3",
            )?
            .execute(params![new.account, new.price, new.id])?;
    }
    transaction
        .prepare_cached(
            "INSERT INTO subscriptions (id, account, price, payment_intent, status, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE SET status = excluded.status",
        )?
        .execute(params![
            new.id,
            new.account,
            new.price,
            new.payment_intent,
            becomes.as_str(),
            new.created_at
        ])?;
    Ok(())
}

/// An account's subscriptions of a price.
pub(super) fn of(connection: &Connection, account: i64, price: &str) -> rusqlite::Result<Vec<Subscription>> {
    let text = format!(
        "SELECT {COLUMNS} FROM subscriptions WHERE account = ?1 AND price = ?2 ORDER BY created_at, id"
    );
    connection.prepare_cached(&text)?.query_map(params![account, price], read)?.collect()
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
            "SELECT count(*) FROM subscriptions WHERE account = ?1 AND status IN ('incomplete', 'active')",
        )?
        .query_row([account], |row| row.get::<_, u32>(0))
        .map(u64::from)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Subscription> {
    Ok(Subscription {
        id: row.get(0)?,
        account: row.get(1)?,
        price: row.get(2)?,
        payment_intent: row.get(3)?,
        status: status(row, 4)?,
        created_at: row.get(5)?,
    })
}

fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<SubscriptionStatus> {
    let word: String = row.get(column)?;
    SubscriptionStatus::from_word(&word).ok_or_else(|| {
        let problem = format!("`{word}` is not a subscription status");
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, problem.into())
    })
}
