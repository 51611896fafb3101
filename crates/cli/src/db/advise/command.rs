//! Reading, advising, telling.

use std::io::IsTerminal;

use loadline_advise::advice::Advice;
use loadline_advise::live::Spirit;
use loadline_advise::oracle::OracleError;
use loadline_advise::remarks::remark;
use loadline_advise::search;
use loadline_advise::workload::{Origin, Workload};
use loadline_pg::existing::{Drop, Planned, drops};
use loadline_pg::live::Haunt;
use loadline_pg::portrait::Portrait;
use loadline_report::{AdviceReport, advice_answer, advice_json, advice_sql, advice_text, plain, render};
use loadline_runner::{Ending, Failure};

use super::arguments::AdviseArguments;
use super::workload::workload;
use crate::common::{json_text, print, screen, told};
use crate::db::aside::aside;
use crate::db::source::{tell, until_interrupted, whose};

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
    let (goal, programs) = (arguments.goal.into(), arguments.source.pg_bin.clone());
    let full = arguments.full;
    aside(move |stopped| {
        let haunt = Haunt { programs };
        let mut spirit = Spirit::raise_until(&portrait, &haunt, &[], stopped)?;
        let said = |error: OracleError| error.to_string();
        let advice = search::advise(&portrait, &workload, goal, &mut spirit).map_err(said)?;
        let remarks = remark(&portrait, &workload, &advice, goal, &mut spirit).map_err(said)?;
        let lost = spirit.ghost().lost.clone();
        Ok(AdviceReport {
            of: whose(&portrait),
            drops: superfluous(&portrait, &workload, &advice),
            portrait,
            workload,
            advice,
            remarks,
            lost,
            full,
        })
    })
    .await
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
