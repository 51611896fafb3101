//! Accounts and sessions.

use rusqlite::{Connection, OptionalExtension, params};

use crate::store::{Account, NewAccount, OpenSession, Session};

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

/// A session that is alive.
pub(super) fn session(
    connection: &Connection,
    token_hash: &[u8; 32],
    now: i64,
) -> rusqlite::Result<Option<OpenSession>> {
    connection
        .prepare_cached(
            "SELECT s.account, a.email, s.expires_at FROM sessions s JOIN accounts a ON a.id = s.account
             WHERE s.token_hash = ?1 AND s.expires_at > ?2",
        )?
        .query_row(params![token_hash, now], |row| {
            Ok(OpenSession { account: row.get(0)?, email: row.get(1)?, expires_at: row.get(2)? })
        })
        .optional()
}

/// Forgets a session.
pub(super) fn close_session(connection: &Connection, token_hash: &[u8; 32]) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM sessions WHERE token_hash = ?1")?.execute([token_hash])?;
    Ok(())
}
