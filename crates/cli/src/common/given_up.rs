//! Runs whose process crashed or was killed: told by the next command, and judged by what they left.

use anyhow::Result;
use loadline_history::History;
use loadline_measure::{Conclusion, RunRecord};
use loadline_units as units;
use loadline_verdict::{Budgets, Endpoints, Incomplete, conclude, judge_whole};

use super::screen;

/// How many are told one by one.
const TOLD: usize = 3;

/// Looks for runs that were given up, says so, and writes down how they stand, so that it is said once. A history that
/// cannot be written to stays as it is, and the next command says it again.
pub(super) fn tell(history: &mut History) {
    // Whoever asks for something else is not to fail for this.
    let Ok(found) = history.given_up() else { return };
    if found.is_empty() {
        return;
    }
    // One of an older version stays as it is: whoever reads it changes nothing.
    let mut writer = history.is_current().then(|| History::open(history.location()).ok()).flatten();
    for (number, record) in found.iter().enumerate() {
        if let Some(writer) = &mut writer {
            let _ = settle(writer, record);
        }
        if number < TOLD {
            screen::caution(&format!(
                "run {id} ended without an ending: {};\njudge it with `loadline budget check {id}`",
                crashed(record.duration_ms),
                id = record.id
            ));
        }
    }
    if found.len() > TOLD {
        screen::caution(&format!(
            "{} more runs ended like this; `loadline history` shows them",
            found.len() - TOLD
        ));
    }
}

/// `crashed after 12s`.
fn crashed(duration_ms: u64) -> String {
    match duration_ms {
        0 => "crashed before its first second".to_owned(),
        ms => format!("crashed after {}", units::time(ms as f64)),
    }
}

fn settle(history: &mut History, record: &RunRecord) -> Result<()> {
    let conclusion = match history.load(record.id) {
        Ok((run, _)) => {
            let verdicts = Budgets::of_run(&run)
                .map(|budgets| judge_whole(&run, &budgets, Incomplete::Fails))
                .unwrap_or_default();
            conclude(&run, &verdicts, &Endpoints::default())
        }
        // Not even its description was written.
        Err(_) => Conclusion { words: "nothing was recorded".to_owned(), ..Conclusion::default() },
    };
    history.settle(record.id, &conclusion)?;
    Ok(())
}
