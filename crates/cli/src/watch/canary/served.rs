//! Answers about a canary for as long as it is asked: to Argo Rollouts' web metric, to Flagger's webhook, or to curl.

use std::net::SocketAddr;

use jiff::Timestamp;
use loadline_runner::{Ending, Ends, Failure};
use loadline_secrets::masked;
use loadline_serve::{Patience, Stop, serve, stop_requested};
use loadline_verdict::{Outcome, escape};
use tokio::sync::mpsc;

use super::asking::{Compares, asked_of};
use super::compared::{passes, report};
use super::door::{Answer, Asked, Door, MOST, PATH};
use super::question::Question;
use super::words::{document, outcome};
use crate::common::{Prometheus, print};
use crate::watch::lengths::at_text;
use crate::watch::listening::bound;

/// Serves until a signal asks for the end.
pub(super) fn served(
    address: SocketAddr,
    usual: Question,
    server: &Prometheus,
    compares: &Compares<'_>,
) -> Result<Ending, Failure> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let ended = runtime.block_on(async {
        let stop = stop_requested(Stop::Signal).ends(Ending::CouldNotRun)?;
        let bound = bound(address, "--serve").await.ends(Ending::CouldNotRun)?;
        let said = format!(
            "answers at {bound:?}{PATH}\nby {}: {usual}, unless a query says otherwise\nend it with Ctrl-C\n",
            server.shown
        );
        print(said.as_bytes()).ends(Ending::OutputNotWritten)?;
        let (questions, asked) = mpsc::channel(MOST);
        let door = Door { usual, questions };
        tokio::select! {
            // What is under way is answered before it ends.
            _ = serve(bound, door, Patience::default(), stop) => Ok(()),
            failure = answering(asked, server, compares) => Err(failure),
        }
    });
    ended?;
    print(b"ended\n").ends(Ending::OutputNotWritten)?;
    Ok(Ending::Passed)
}

/// Answers one after the other, for ever; ends only where nothing can be printed.
async fn answering(
    mut asked: mpsc::Receiver<Asked>,
    server: &Prometheus,
    compares: &Compares<'_>,
) -> Failure {
    loop {
        let Some(Asked { question, mut answer }) = asked.recv().await else {
            return std::future::pending().await;
        };
        let found = tokio::select! {
            // Nobody waits for it any more.
            () = answer.closed() => continue,
            found = found(&question, server, compares) => found,
        };
        let words = match &found {
            Answer::Found(document, _) => document["answer"].as_str().unwrap_or_default().to_owned(),
            Answer::Unknown(why) => why.clone(),
        };
        let at = at_text(Timestamp::now().as_second());
        let line = format!("{at} {}\n", escape(&format!("{question}: {words}")));
        // Who asked may be gone by now.
        let _ = answer.send(found);
        if let Err(failure) = print(line.as_bytes()).ends(Ending::OutputNotWritten) {
            return failure;
        }
    }
}

async fn found(question: &Question, server: &Prometheus, compares: &Compares<'_>) -> Answer {
    match asked_of(server, compares, question, Timestamp::now().as_second()).await {
        Ok(compared) => report(&compared, compares.gate.delta, |report| {
            let outcome: Outcome = outcome(&compared, report);
            Answer::Found(document(&compared, report, &server.shown), passes(outcome, compares.unproven))
        }),
        Err(error) => Answer::Unknown(escape(&masked(&format!("{error:#}"))).into_owned()),
    }
}
