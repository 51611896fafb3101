//! Accounts and sessions. Every statement may be repeated: see the pool.

use deadpool_postgres::Object;
use tokio_postgres::{Client, Error, Row};

use super::spoken::prepare;
use crate::store::{Account, NewAccount, OpenSession, Session};

/// Makes accounts; those that exist get the new password.
pub(super) async fn put(client: &Client, accounts: &[NewAccount]) -> Result<(), Error> {
    let emails: Vec<_> = accounts.iter().map(|account| account.email.as_str()).collect();
    let hashes: Vec<_> = accounts.iter().map(|account| account.password_hash.as_str()).collect();
    client
        .execute(
            "INSERT INTO accounts (email, password_hash)
             SELECT email, password_hash FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS new (email, password_hash, number)
             ORDER BY number
             ON CONFLICT (email) DO UPDATE SET password_hash = excluded.password_hash",
            &[&emails, &hashes],
        )
        .await?;
    Ok(())
}

/// The account of an email address.
pub(super) async fn account(client: &Object, email: &str) -> Result<Option<Account>, Error> {
    let statement = prepare(client, "SELECT id, email, password_hash FROM accounts WHERE email = $1").await?;
    let Some(row) = client.query_opt(&statement, &[&email]).await? else { return Ok(None) };
    Ok(Some(Account { id: row.try_get(0)?, email: row.try_get(1)?, password_hash: row.try_get(2)? }))
}

/// Keeps a session and forgets the expired ones, but for those that another login is just forgetting.
pub(super) async fn open_session(client: &Object, session: &Session, now: i64) -> Result<(), Error> {
    let statement = prepare(
        client,
        "WITH forgotten AS (
                 DELETE FROM sessions WHERE token_hash IN (
                     SELECT token_hash FROM sessions WHERE expires_at <= to_timestamp($4::bigint) FOR UPDATE SKIP LOCKED))
             INSERT INTO sessions (token_hash, account, expires_at) VALUES ($1, $2, to_timestamp($3::bigint))
             ON CONFLICT (token_hash) DO NOTHING",
    )
    .await?;
    let token_hash = session.token_hash.as_slice();
    client.execute(&statement, &[&token_hash, &session.account, &session.expires_at, &now]).await?;
    Ok(())
}

/// Whose session this is.
pub(super) async fn session_account(
    client: &Object,
    token_hash: &[u8; 32],
    now: i64,
) -> Result<Option<i64>, Error> {
    let statement = prepare(
        client,
        "SELECT account FROM sessions WHERE token_hash = $1 AND expires_at > to_timestamp($2::bigint)",
    )
    .await?;
    let row = client.query_opt(&statement, &[&token_hash.as_slice(), &now]).await?;
    row.map(|row| row.try_get(0)).transpose()
}

/// A session that is alive.
pub(super) async fn session(
    client: &Object,
    token_hash: &[u8; 32],
    now: i64,
) -> Result<Option<OpenSession>, Error> {
    let statement = prepare(
        client,
        "SELECT s.account, a.email, extract(epoch FROM s.expires_at)::bigint
             FROM sessions s JOIN accounts a ON a.id = s.account
             WHERE s.token_hash = $1 AND s.expires_at > to_timestamp($2::bigint)",
    )
    .await?;
    let row = client.query_opt(&statement, &[&token_hash.as_slice(), &now]).await?;
    let read = |row: Row| {
        Ok(OpenSession { account: row.try_get(0)?, email: row.try_get(1)?, expires_at: row.try_get(2)? })
    };
    row.map(read).transpose()
}

/// Forgets a session.
pub(super) async fn close_session(client: &Object, token_hash: &[u8; 32]) -> Result<(), Error> {
    let statement = prepare(client, "DELETE FROM sessions WHERE token_hash = $1").await?;
    client.execute(&statement, &[&token_hash.as_slice()]).await?;
    Ok(())
}
