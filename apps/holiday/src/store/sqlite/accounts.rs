//! Accounts, sessions and subscriptions.

use rusqlite::{Connection, OptionalExtension, params};

use crate::store::{Account, NewAccount, NewSubscription, Session};

/// Makes accounts; those that exist get the new password.
pub(super) fn put(connection: &mut Connection, accounts: &[NewAccount]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut put = transaction.prepare(
            "INSERT INTO accounts (email, password_hash) VALUES (?1, ?2)
             ON CONFLICT (email) DO UPDATE SET password_hash = excluded.password_hash",
        )?;
        for account in accounts {
            put.execute(params![account.email, account.password_hash])?;
        }
    }
    transaction.commit()
}

/// The account of an email address.
pub(super) fn account(connection: &Connection, email: &str) -> rusqlite::Result<Option<Account>> {
    connection
        .prepare_cached("SELECT id, email, password_hash FROM accounts WHERE email = ?1")?
        .query_row([email], |row| {
            Ok(Account { id: row.get(0)?, email: row.get(1)?, password_hash: row.get(2)? })
        })
        .optional()
}

/// Keeps a session and forgets the expired ones.
pub(super) fn open_session(connection: &mut Connection, session: &Session, now: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.prepare_cached("DELETE FROM sessions WHERE expires_at <= ?1")?.execute([now])?;
    transaction
        .prepare_cached("INSERT INTO sessions (token_hash, account, expires_at) VALUES (?1, ?2, ?3)")?
        .execute(params![session.token_hash, session.account, session.expires_at])?;
    transaction.commit()
}

/// Whose session this is.
pub(super) fn session_account(
    connection: &Connection,
    token_hash: &[u8; 32],
    now: i64,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT account FROM sessions WHERE token_hash = ?1 AND expires_at > ?2")?
        .query_row(params![token_hash, now], |row| row.get(0))
        .optional()
}

/// Keeps a subscription; unpaid ones of the same account and price expire.
pub(super) fn add_subscription(
    connection: &mut Connection,
    subscription: &NewSubscription,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction
        .prepare_cached(
            "UPDATE subscriptions SET status = 'incomplete_expired'
             WHERE account = ?1 AND price = ?2 AND status = 'incomplete' AND id <> ?3",
        )?
        .execute(params![subscription.account, subscription.price, subscription.id])?;
    transaction
        .prepare_cached(
            "INSERT INTO subscriptions (id, account, price, payment_intent, status, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            subscription.id,
            subscription.account,
            subscription.price,
            subscription.payment_intent,
            subscription.status.as_str(),
            subscription.created_at,
        ])?;
    transaction.commit()
}

/// How many subscriptions of an account are alive.
pub(super) fn live_subscriptions(connection: &Connection, account: i64) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM subscriptions WHERE account = ?1 AND status <> 'incomplete_expired'",
        )?
        .query_row([account], |row| row.get::<_, u32>(0))
        .map(u64::from)
}
