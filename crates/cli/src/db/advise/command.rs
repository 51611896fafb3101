//! Reading, advising, telling.

use std::thread;

use loadline_advise::live::Spirit;
use loadline_advise::search;
use loadline_pg::live::Haunt;
use loadline_runner::{Ending, Failure};
use tokio::sync::oneshot;

use super::arguments::AdviseArguments;
use super::found::Found;
use super::json::advice_json;
use super::words::{advice_sql, advice_text};
use super::workload::workload;
use crate::common::{json_text, print, told};
use crate::db::source::{tell, until_interrupted};

/// Says which indexes pay.
pub(crate) fn advise(arguments: &AdviseArguments) -> Result<Ending, Failure> {
    let found = until_interrupted(find(arguments))?;
    let is_planned = found.advice.before.iter().any(Option::is_some);
    let ending = if is_planned { Ending::Passed } else { Ending::Failed };
    let text = if arguments.json {
        json_text(&advice_json(&found))
    } else {
        tell(&found.lost, "ghost");
        Ok(if arguments.sql { advice_sql(&found) } else { advice_text(&found) })
    };
    Ok(told(text.and_then(|text| print(text.as_bytes())), ending))
}

async fn find(arguments: &AdviseArguments) -> Result<Found, Failure> {
    let portrait = arguments.source.portrait().await?;
    let workload = workload(arguments, &portrait)?;
    let (goal, programs) = (arguments.goal(), arguments.source.pg_bin.clone());
    let (answer, answered) = oneshot::channel();
    // It asks one plan after the other and waits for each, so it has a thread of its own; an interrupt does not wait.
    let work = move || {
        let done = (|| {
            let haunt = Haunt { programs };
            let mut spirit = Spirit::raise(&portrait, &haunt, &[])?;
            let advice =
                search::advise(&portrait, &workload, goal, &mut spirit).map_err(|error| error.to_string())?;
            let lost = spirit.ghost().lost.clone();
            Ok::<_, String>((advice, lost))
        })();
        let done = done.map(|(advice, lost)| Found { portrait, workload, advice, lost });
        // Whoever asked may have gone.
        let _ = answer.send(done);
    };
    thread::Builder::new()
        .name("advise".to_owned())
        .spawn(work)
        .map_err(|error| Failure::new(Ending::CouldNotRun, error))?;
    let done =
        answered.await.map_err(|_| Failure::new(Ending::CouldNotRun, "the search for indexes broke off"))?;
    done.map_err(|why| Failure::new(Ending::CouldNotRun, why))
}
