//! Reading, advising, telling.

use std::io::IsTerminal;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use loadline_advise::advice::Advice;
use loadline_advise::live::Spirit;
use loadline_advise::remarks::remark;
use loadline_advise::search;
use loadline_advise::workload::{Origin, Workload};
use loadline_pg::existing::{Drop, Planned, drops};
use loadline_pg::live::Haunt;
use loadline_pg::portrait::Portrait;
use loadline_report::{AdviceReport, advice_answer, advice_json, advice_sql, advice_text, plain, render};
use loadline_runner::{Ending, Failure};
use tokio::sync::{oneshot, watch};

use super::arguments::AdviseArguments;
use super::workload::workload;
use crate::common::{json_text, print, screen, told};
use crate::db::source::{tell, until_interrupted, whose};

/// How long it may take until what was started is gone.
const LONGEST: Duration = Duration::from_secs(10);

/// Says which indexes pay.
pub(crate) fn advise(arguments: &AdviseArguments) -> Result<Ending, Failure> {
    let report = until_interrupted(find(arguments))?;
    let is_planned = report.advice.before.iter().any(Option::is_some);
    let ending = if is_planned { Ending::Passed } else { Ending::Failed };
    let text = if arguments.json {
        json_text(&advice_json(&report))
    } else {
        tell(&report.lost, "ghost");
        Ok(if arguments.sql { advice_sql(&report) } else { page(arguments, &report) })
    };
    Ok(told(text.and_then(|text| print(text.as_bytes())), ending))
}

fn page(arguments: &AdviseArguments, report: &AdviceReport) -> String {
    let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
    render(&advice_text(report, screen::result_width()), &theme) + &plain(&advice_answer(report))
}

async fn find(arguments: &AdviseArguments) -> Result<AdviceReport, Failure> {
    let portrait = arguments.source.portrait().await?;
    let workload = workload(arguments, &portrait)?;
    let (goal, programs) = (arguments.goal(), arguments.source.pg_bin.clone());
    let full = arguments.full;
    let (answer, answered) = oneshot::channel();
    let (stop, stopped) = watch::channel(false);
    let (end, ended) = mpsc::channel();
    // It asks one plan after the other and waits for each, so it has a thread of its own.
    let work = move || {
        let done = (|| {
            let haunt = Haunt { programs };
            let mut spirit = Spirit::raise_until(&portrait, &haunt, &[], stopped)?;
            let advice =
                search::advise(&portrait, &workload, goal, &mut spirit).map_err(|error| error.to_string())?;
            let remarks = remark(&portrait, &workload, &advice, goal, &mut spirit)
                .map_err(|error| error.to_string())?;
            let lost = spirit.ghost().lost.clone();
            Ok::<_, String>((advice, remarks, lost))
        })();
        let done = done.map(|(advice, remarks, lost)| AdviceReport {
            of: whose(&portrait),
            drops: superfluous(&portrait, &workload, &advice),
            portrait,
            workload,
            advice,
            remarks,
            lost,
            full,
        });
        // Whoever asked may have gone.
        let _ = answer.send(done);
        let _ = end.send(());
    };
    thread::Builder::new()
        .name("advise".to_owned())
        .spawn(work)
        .map_err(|error| Failure::new(Ending::CouldNotRun, error))?;
    let _stopping = Stopping { stop, ended };
    let done =
        answered.await.map_err(|_| Failure::new(Ending::CouldNotRun, "the search for indexes broke off"))?;
    done.map_err(|why| Failure::new(Ending::CouldNotRun, why))
}

/// Stops the work when nobody waits for it any more, and waits until what it had started is gone.
struct Stopping {
    stop: watch::Sender<bool>,
    ended: mpsc::Receiver<()>,
}

impl std::ops::Drop for Stopping {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        // Whatever holds it up, the next start removes what is left.
        let _ = self.ended.recv_timeout(LONGEST);
    }
}

/// Indexes that could go. Of statements that somebody chose, or that one load test made, it does not follow that
/// nothing else needs an index.
fn superfluous(portrait: &Portrait, workload: &Workload, advice: &Advice) -> Vec<Drop> {
    let is_all = matches!(workload.origin, Origin::Server(_));
    let planned: Vec<Planned> = advice
        .pieces
        .iter()
        .map(|piece| Planned {
            schema: piece.index.schema.clone(),
            table: piece.index.table.clone(),
            name: piece.index.name(),
            definition: format!("CREATE INDEX {} ON {}", piece.index.name(), piece.index.body()),
        })
        .collect();
    drops(portrait, &planned, |_, name| !is_all || advice.uses.contains(name))
}
