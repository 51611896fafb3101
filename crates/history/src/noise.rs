//! What a machine's noise is: how much the figures of a set-up differ between two builds that are the same.

use std::fmt::Write as _;

use loadline_measure::{Figure, FigureScale};

use crate::damage::Damage;
use crate::database::{Fault, Value, row, transaction};
use crate::error::HistoryError;
use crate::history::History;
use crate::tables::NOISE;

/// How a figure lies in a row's text: subject, quantity, scale, the deviation's bits, rounds.
type Kept = (String, String, String, u64, u64);

impl History {
    /// Keeps the noise floor of a set-up, in place of the one that was known: of each figure the deviation of a round's
    /// difference, on as many rounds as it has values. `set_up` names what was measured and where.
    ///
    /// # Errors
    /// [`HistoryError::Locked`], and those of the database.
    pub fn keep_noise(
        &mut self,
        set_up: &str,
        measured_unix_ms: i64,
        floors: &[Figure],
    ) -> Result<(), HistoryError> {
        let kept = transaction(&mut *self.database, |database| {
            database.execute("DELETE FROM loadline_noise WHERE set_up = $1", &[set_up.into()])?;
            let cells = [set_up.into(), measured_unix_ms.into(), Value::Text(text(floors))];
            NOISE.insert(database, &cells, "")
        });
        kept.map(|_| ()).map_err(|fault: Fault| self.explain("keeping a noise floor", fault))
    }

    /// The noise floor of a set-up; nothing when it was never measured. One that is gone is one that was never
    /// measured: comparisons are less sure without it, and never wrong.
    ///
    /// # Errors
    /// Those of the database.
    pub fn noise(&mut self, set_up: &str) -> Result<Vec<Figure>, HistoryError> {
        let read = NOISE.read(&mut *self.database, self.version, "", &[]);
        let rows = read.map_err(|fault| self.explain("reading noise floors", fault))?;
        let mut floors = Vec::new();
        for found in rows {
            let read = found.whole().and_then(|cells| {
                let [of, _, text] = row(cells).ok()?;
                Some((of.text().ok()?, figures(&text.text().ok()?)?))
            });
            match read {
                Some((of, found)) if of == set_up => floors = found,
                Some(_) => {}
                None => {
                    let said = "a noise floor is damaged: `loadline aa` measures it again";
                    self.found.insert(Damage::of_all(said.to_owned()));
                }
            }
        }
        Ok(floors)
    }
}

/// A line for each figure, as JSON.
fn text(floors: &[Figure]) -> String {
    floors.iter().fold(String::new(), |mut text, floor| {
        let (subject, quantity) = (floor.subject.as_str(), floor.quantity.as_str());
        let kept = (subject, quantity, floor.scale.word(), floor.value.to_bits(), floor.values);
        // Texts and numbers have nothing that JSON lacks, and writing to a text does not fail.
        let _ = writeln!(text, "{}", serde_json::to_string(&kept).unwrap_or_default());
        text
    })
}

fn figures(text: &str) -> Option<Vec<Figure>> {
    let figures = text.lines().map(|line| {
        let (subject, quantity, scale, bits, values): Kept = serde_json::from_str(line).ok()?;
        let (value, scale) = (f64::from_bits(bits), FigureScale::of(&scale));
        Some(Figure { subject, quantity, value, scale, values })
    });
    figures.collect()
}
