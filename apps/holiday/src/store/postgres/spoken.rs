//! Statements of requests, each with a comment that says which endpoint makes it: whoever watches the database can tell
//! then what they are for. A connection prepares each of them once for each endpoint that makes it.

use std::ops::Deref;

use deadpool_postgres::Object;
use futures_util::FutureExt;
use tokio_postgres::{Error, Statement};

use crate::store::asker::commented;

/// Prepares a statement, unless this connection has it prepared for the same endpoint.
pub(super) async fn prepare(client: &Object, text: &str) -> Result<Statement, Error> {
    client.prepare_cached(&commented(text)).await
}

/// A transaction, the driver's own but for its comments. It is rolled back unless it is committed.
pub(super) struct Spoken<'c> {
    client: &'c Object,
    is_open: bool,
}

impl<'c> Spoken<'c> {
    /// Begins one. Nobody else uses the connection meanwhile.
    pub(super) async fn begin(client: &'c mut Object) -> Result<Spoken<'c>, Error> {
        let transaction = Spoken { client, is_open: true };
        transaction.client.batch_execute(&commented("BEGIN")).await?;
        Ok(transaction)
    }

    /// Ends it, with all that it did.
    pub(super) async fn commit(mut self) -> Result<(), Error> {
        self.client.batch_execute(&commented("COMMIT")).await?;
        self.is_open = false;
        Ok(())
    }
}

impl Deref for Spoken<'_> {
    type Target = Object;

    fn deref(&self) -> &Object {
        self.client
    }
}

impl Drop for Spoken<'_> {
    fn drop(&mut self) {
        if self.is_open {
            // It is sent when it is asked for the first time, before whatever the connection's next user sends; nobody
            // waits for the answer.
            let _ = self.client.batch_execute("ROLLBACK").now_or_never();
        }
    }
}
