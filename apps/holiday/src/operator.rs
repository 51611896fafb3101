//! What the process that started this one may ask for, beside its end: `--obey-parent`.
//!
//! A line on standard input is a command, and a line of JSON on standard output answers it. A pipe that only the parent holds needs no
//! port, no password, and can't be reached by anyone else. `loadline demo` crashes the private PostgreSQL this way, asks how long was waited
//! for connections, and compares both sides of the payments, whatever database is behind the service.

use std::{
    collections::HashMap,
    io::{self, BufRead, Write},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{sync::mpsc, time::Instant};

use crate::{
    app::App,
    payments::{Reconciliation, reconcile, stripe_simulator::Control},
    store::{Store, StoreError, Subscription},
    web::Traffic,
};

/// Commands that may wait while one is obeyed.
const WAITING: usize = 16;
/// Waited between two looks whether the database is back.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// A database that is not back by then will not come by itself.
const LONGEST_OUTAGE: Duration = Duration::from_secs(30);
/// A command waits for its turn beside customers, who are told to come again much sooner.
const LONGEST_LINE: Duration = Duration::from_secs(10);
const PAGE: u32 = 1_000;

/// What is run by commands.
#[derive(Clone)]
pub(crate) enum Operator {
    /// `reconcile`, `pool`, `database`, `crash-database`.
    Service(Arc<App>),
    /// `webhooks-to URL SECRET`, `settle`.
    StripeSimulator(Control),
}

impl Operator {
    /// Does what a line asks for and gives the answer, `{"error": …}` when it can't be done.
    async fn obey(&self, line: &str) -> Value {
        let words: Vec<&str> = line.split_whitespace().collect();
        let done = match (self, words.as_slice()) {
            (Operator::Service(app), ["reconcile"]) => compare(app).await,
            (Operator::Service(app), ["pool"]) => pool(app.store.as_ref()),
            (Operator::Service(app), ["database"]) => Ok(json!({ "url": app.store.own_server() })),
            (Operator::Service(app), ["crash-database"]) => crash(app.store.as_ref()).await,
            (Operator::StripeSimulator(control), ["webhooks-to", url, secret]) => {
                control.send_webhooks_to(url, secret);
                Ok(json!({}))
            }
            (Operator::StripeSimulator(control), ["settle"]) => {
                control.settled().await;
                Ok(json!({}))
            }
            (_, command) => Err(format!("there is no command `{}`", command.first().unwrap_or(&""))),
        };
        done.unwrap_or_else(|error| json!({ "error": error }))
    }
}

/// Obeys until standard input ends.
pub(crate) async fn obey(mut commands: mpsc::Receiver<String>, operator: Operator) {
    while let Some(line) = commands.recv().await {
        let answer = operator.obey(&line).await;
        let mut output = io::stdout().lock();
        if writeln!(output, "{answer}").and_then(|()| output.flush()).is_err() {
            return;
        }
    }
}

/// The lines of standard input. A thread of its own reads them: tokio's would hold the process at its end.
///
/// # Errors
/// The system has no thread to spare.
pub(crate) fn commands() -> io::Result<mpsc::Receiver<String>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    std::thread::Builder::new().name("parent-commands".to_owned()).spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}

async fn compare(app: &App) -> Result<Value, String> {
    let gateway = app.gateways.of(Traffic::User).ok_or("there is no payment gateway")?;
    let found = reconcile(app.store.as_ref(), gateway, false).await.map_err(|error| error.to_string())?;
    let Reconciliation { at_gateway, charged, in_store, lost, behind, unknown, doubled, repaired: _ } = found;
    Ok(json!({
        "at_gateway": at_gateway, "charged": charged, "in_store": in_store,
        "lost": lost, "behind": behind, "unknown": unknown, "doubled": doubled,
    }))
}

/// How long was waited for connections.
fn pool(store: &dyn Store) -> Result<Value, String> {
    let waits = store.waits().ok_or("nothing is measured: `--metrics-listen` is `off`")?;
    let p99_ms = waits.at_most(0.99).map(|time| time.as_secs_f64() * 1_000.0);
    Ok(json!({ "waits": waits.count(), "p99_ms": p99_ms }))
}

/// Crashes the database and says what it forgot: committed before, and not there, or less far, when it answered again.
async fn crash(store: &dyn Store) -> Result<Value, String> {
    let before = all(store).await.map_err(explain)?;
    let began = Instant::now();
    store.crash().await.map_err(explain)?;
    while let Err(error) = store.ping().await {
        if began.elapsed() > LONGEST_OUTAGE {
            return Err(explain(error));
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    let down = began.elapsed();
    let after = all(store).await.map_err(explain)?;
    let is_there = |old: &&Subscription| {
        let new = after.get(&old.id);
        new.is_some_and(|new| !new.status.is_replaced_by(new.told_at, old.status, old.told_at))
    };
    let missing: Vec<&str> =
        before.values().filter(|old| !is_there(old)).map(|old| old.id.as_str()).collect();
    Ok(json!({ "committed": before.len(), "missing": missing, "down_ms": down.as_millis() as u64 }))
}

async fn all(store: &dyn Store) -> Result<HashMap<String, Subscription>, StoreError> {
    let (mut all, mut after) = (HashMap::new(), String::new());
    loop {
        let page = in_turn(|| store.subscriptions(after.clone(), PAGE)).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after.clone_from(&last.id);
        all.extend(page.into_iter().map(|one| (one.id.clone(), one)));
    }
}

/// Asks again while all connections are in use: how busy customers keep the service is what a command comes to see, and nothing that it
/// may fail for.
async fn in_turn<T, F>(mut ask: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let began = Instant::now();
    loop {
        match ask().await {
            Err(StoreError::Busy) if began.elapsed() < LONGEST_LINE => {
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
            answered => return answered,
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn explain(error: StoreError) -> String {
    match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_busy_service_keeps_a_command_waiting_and_not_for_ever() {
        let mut busy = 5;
        let asked = in_turn(|| {
            busy -= 1;
            ready(if busy > 0 { Err(StoreError::Busy) } else { Ok("all of them") })
        });
        assert_eq!(asked.await.unwrap(), "all of them");
        let began = Instant::now();
        let refused: Result<(), _> = in_turn(|| ready(Err(StoreError::Busy))).await;
        assert!(matches!(refused, Err(StoreError::Busy)) && began.elapsed() >= LONGEST_LINE);
        let action = "reading";
        let failed: Result<(), _> =
            in_turn(|| ready(Err(StoreError::Failed { action, source: "it broke".into() }))).await;
        assert!(matches!(failed, Err(StoreError::Failed { .. })), "what is not in line is told at once");
    }
}
