//! From what is varied to a table and a sentence.

use loadline_report::{Content, plain};
use loadline_runner::{Ending, Ends, Failure};
use loadline_scale::manifests::Deployed;
use loadline_scale::simulation::Scenario;
use serde_json::{Value, json};

use super::super::arguments::SimulateArguments;
use super::super::kept::write_day;
use super::super::policy::Tried;
use super::knobs::candidates;
use super::picture::draw;
use super::plot::plot;
use super::search::search;
use super::words;
use crate::common::{check_page, json_text, print, screen, told};

/// Tries all combinations. The Run that is written is that of the one that is chosen.
pub(crate) fn sweep(
    arguments: &SimulateArguments,
    tried: &Tried,
    scenario: &Scenario,
    deployed: Option<&Deployed>,
) -> Result<Ending, Failure> {
    let picture = arguments.svg.as_deref();
    picture.map_or(Ok(()), |path| check_page(path, Content::Picture)).ends(Ending::OutputNotWritten)?;
    let initial = arguments.scenario.initial;
    let candidates =
        candidates(&arguments.sweep, initial, tried, scenario, deployed).ends(Ending::Configuration)?;
    let swept = search(&candidates, &arguments.judging).ends(Ending::CouldNotRun)?;
    let answer = words::answer(&swept);
    let text = if arguments.json {
        let best = swept.best().map(|row| row.candidate.name.clone());
        let all: Vec<&Value> = swept.rows.iter().map(|row| &row.json).collect();
        json_text(&json!({"answer": answer, "best": best, "policies": all})).ends(Ending::CouldNotRun)?
    } else {
        let width = screen::result_width();
        let picture: String = plot(&swept, width).iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        // The answer is the last line.
        let said = screen::prose(answer.clone());
        let gap = if picture.is_empty() { "" } else { "\n" };
        plain(&format!("\n{}\n{picture}{gap}{said}\n", words::table(&swept, width)))
    };
    let (written, reported, ending) = match &swept.chosen {
        Some((_, judged)) => (
            write_day(arguments.output.as_deref(), &judged.run),
            arguments.ci.report(&judged.run, &judged.verdicts, None),
            Ending::Passed,
        ),
        None => (Ok(()), Ok(()), Ending::Failed),
    };
    let drawn = draw(picture, &swept, &tried.what, &answer, &arguments.judging);
    Ok(told(written.and(reported).and(drawn), told(print(text.as_bytes()), ending)))
}
