//! Subscriptions, and the gateway's events that changed them. Every call may be repeated: see the pool.

use deadpool_postgres::Object;
use tokio_postgres::{Error, Row};

use super::{
    spoken::{Spoken, prepare},
    values::{ModeWord, Paid},
};
use crate::store::{EVENT_KEPT_SECONDS, Mode, Subscription, SubscriptionStatus};

macro_rules! columns {
    () => {
        "id, mode, account, price, payment_intent, status, told_at, extract(epoch FROM created_at)::bigint"
    };
}

/// Keeps what is known of a subscription; the rules stand at the store's contract.
pub(super) async fn add(client: &mut Object, subscription: &Subscription) -> Result<(), Error> {
    let transaction = Spoken::begin(client).await?;
    merge(&transaction, subscription).await?;
    transaction.commit().await
}

/// The same once for each event; whether the event was new.
pub(super) async fn apply_event(
    client: &mut Object,
    event: &str,
    subscription: &Subscription,
    now: i64,
) -> Result<bool, Error> {
    let transaction = Spoken::begin(client).await?;
    let forget = prepare(
        &transaction,
        "DELETE FROM events WHERE id IN (
                 SELECT id FROM events WHERE came_at <= to_timestamp($1::bigint) FOR UPDATE SKIP LOCKED)",
    )
    .await?;
    transaction.execute(&forget, &[&now.saturating_sub(EVENT_KEPT_SECONDS)]).await?;
    // The same event at the same time waits here until the first has ended.
    let keep = prepare(
        &transaction,
        "INSERT INTO events (id, came_at) VALUES ($1, to_timestamp($2::bigint)) ON CONFLICT (id) DO NOTHING",
    )
    .await?;
    let new = transaction.execute(&keep, &[&event, &now]).await? == 1;
    if new {
        merge(&transaction, subscription).await?;
    }
    transaction.commit().await?;
    Ok(new)
}

async fn merge(transaction: &Object, new: &Subscription) -> Result<(), Error> {
    // Calls for one account take turns here: each must see what the others did.
    let turn = prepare(transaction, "SELECT 1 FROM accounts WHERE id = $1 FOR NO KEY UPDATE").await?;
    transaction.execute(&turn, &[&new.account]).await?;
    let known = prepare(transaction, "SELECT status, told_at, mode FROM subscriptions WHERE id = $1").await?;
    let known = transaction.query_opt(&known, &[&new.id]).await?;
    let mut mode = new.mode;
    if let Some(row) = known {
        let (Paid(known), told_at) = (row.try_get(0)?, row.try_get(1)?);
        if !known.is_replaced_by(told_at, new.status, new.told_at) {
            return Ok(());
        }
        mode = row.try_get::<_, Option<ModeWord>>(2)?.map(|mode| mode.0).or(mode);
    }
    let mode = mode.map(Mode::as_str);
    let mut becomes = new.status;
    if becomes == SubscriptionStatus::Incomplete {
        let runs = prepare(
            transaction,
            "SELECT EXISTS (SELECT 1 FROM subscriptions
                     WHERE account = $1 AND price = $2 AND mode IS NOT DISTINCT FROM $3
                     AND status NOT IN ('incomplete', 'incomplete_expired', 'canceled'))",
        )
        .await?;
        if transaction.query_one(&runs, &[&new.account, &new.price, &mode]).await?.try_get(0)? {
            becomes = SubscriptionStatus::IncompleteExpired;
        }
    }
    if becomes.is_live() {
        let expire = prepare(
            transaction,
            "UPDATE subscriptions SET status = 'incomplete_expired'
                 WHERE account = $1 AND price = $2 AND mode IS NOT DISTINCT FROM $4 AND status = 'incomplete' AND id <> $3",
        )
        .await?;
        transaction.execute(&expire, &[&new.account, &new.price, &new.id, &mode]).await?;
    }
    let keep = prepare(
        transaction,
        "INSERT INTO subscriptions AS known (id, account, price, payment_intent, status, created_at, told_at, mode)
             VALUES ($1, $2, $3, $4, $5, to_timestamp($6::bigint), $7, $8)
             ON CONFLICT (id) DO UPDATE SET status = excluded.status, told_at = greatest(known.told_at, excluded.told_at), mode = excluded.mode,
                 payment_intent = CASE known.payment_intent WHEN '' THEN excluded.payment_intent ELSE known.payment_intent END",
    )
    .await?;
    transaction
        .execute(
            &keep,
            &[
                &new.id,
                &new.account,
                &new.price,
                &new.payment_intent,
                &becomes.as_str(),
                &new.created_at,
                &new.told_at,
                &mode,
            ],
        )
        .await?;
    Ok(())
}

/// An account's subscriptions of a price in a mode.
pub(super) async fn of(
    client: &Object,
    account: i64,
    mode: Mode,
    price: &str,
) -> Result<Vec<Subscription>, Error> {
    let text = concat!(
        "SELECT ",
        columns!(),
        " FROM subscriptions WHERE account = $1 AND price = $2 AND mode = $3 ORDER BY created_at, id"
    );
    let statement = prepare(client, text).await?;
    client.query(&statement, &[&account, &price, &mode.as_str()]).await?.iter().map(read).collect()
}

/// All subscriptions, by identifier.
pub(super) async fn page(client: &Object, after: &str, limit: u32) -> Result<Vec<Subscription>, Error> {
    let text = concat!("SELECT ", columns!(), " FROM subscriptions WHERE id > $1 ORDER BY id LIMIT $2");
    let statement = prepare(client, text).await?;
    client.query(&statement, &[&after, &i64::from(limit)]).await?.iter().map(read).collect()
}

/// How many subscriptions of an account are alive.
pub(super) async fn live(client: &Object, account: i64) -> Result<u64, Error> {
    let statement = prepare(
        client,
        "SELECT count(*) FROM subscriptions WHERE account = $1 AND status NOT IN ('incomplete_expired', 'canceled')",
    )
    .await?;
    client.query_one(&statement, &[&account]).await?.try_get::<_, i64>(0).map(i64::unsigned_abs)
}

fn read(row: &Row) -> Result<Subscription, Error> {
    Ok(Subscription {
        id: row.try_get(0)?,
        mode: row.try_get::<_, Option<ModeWord>>(1)?.map(|mode| mode.0),
        account: row.try_get(2)?,
        price: row.try_get(3)?,
        payment_intent: row.try_get(4)?,
        status: row.try_get::<_, Paid>(5)?.0,
        told_at: row.try_get(6)?,
        created_at: row.try_get(7)?,
    })
}
