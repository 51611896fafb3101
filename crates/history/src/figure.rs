//! Figures: what trends, baselines and change points are made of, without opening a run.
//!
//! A figure is named by what it is about and by its quantity. Names are stored once and figures by name, so that the
//! figures of one name over all runs lie together: a trend reads them and nothing else.

use std::collections::HashMap;

use loadline_measure::{Figure, FigurePoint, FigureScale};

use crate::database::{Database, Fault, Value, row};
use crate::error::HistoryError;
use crate::filter::Filter;
use crate::history::History;

/// What there are figures of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FigureName {
    /// See [`Figure::subject`].
    pub subject: String,
    /// See [`Figure::quantity`].
    pub quantity: String,
    /// See [`Figure::scale`].
    pub scale: FigureScale,
}

impl History {
    /// The figures of one run, by subject and quantity.
    ///
    /// # Errors
    /// Those of the database.
    pub fn figures(&mut self, id: i64) -> Result<Vec<Figure>, HistoryError> {
        let sql = "SELECT n.subject, n.quantity, f.value, n.unit, f.amount FROM loadline_figures f \
                   JOIN loadline_names n ON n.id = f.name WHERE f.run = $1 ORDER BY n.subject, n.quantity, n.unit";
        let rows = self.read("reading figures", sql, &[id.into()])?;
        rows.into_iter()
            .map(|cells| {
                let [subject, quantity, value, unit, values] = row(cells)?;
                Ok(Figure {
                    subject: subject.text()?,
                    quantity: quantity.text()?,
                    value: value.real()?,
                    scale: FigureScale::of(&unit.text()?),
                    values: values.int()? as u64,
                })
            })
            .collect::<Result<_, Fault>>()
            .map_err(|fault| self.explain("reading figures", fault))
    }

    /// What there are figures of, in the runs of the filter, sorted.
    ///
    /// # Errors
    /// Those of the database.
    pub fn subjects(&mut self, filter: &Filter) -> Result<Vec<FigureName>, HistoryError> {
        let (chosen, parameters) = filter.chosen();
        let sql = format!(
            "SELECT n.subject, n.quantity, n.unit FROM loadline_names n WHERE EXISTS (SELECT 1 FROM loadline_figures f \
             WHERE f.name = n.id AND f.run IN ({chosen})) ORDER BY n.subject, n.quantity, n.unit"
        );
        let rows = self.read("reading subjects", &sql, &parameters)?;
        rows.into_iter()
            .map(|cells| {
                let [subject, quantity, unit] = row(cells)?;
                Ok(FigureName {
                    subject: subject.text()?,
                    quantity: quantity.text()?,
                    scale: FigureScale::of(&unit.text()?),
                })
            })
            .collect::<Result<_, Fault>>()
            .map_err(|fault| self.explain("reading subjects", fault))
    }

    /// One figure over the runs of the filter, in the order of time. Runs without it are left out; with a limit, it is
    /// the newest runs that count.
    ///
    /// # Errors
    /// Those of the database.
    pub fn series(
        &mut self,
        filter: &Filter,
        subject: &str,
        quantity: &str,
    ) -> Result<Vec<FigurePoint>, HistoryError> {
        let (chosen, mut parameters) = filter.chosen();
        let next = parameters.len() + 1;
        parameters.extend([subject.into(), quantity.into()]);
        let sql = format!(
            "SELECT r.id, r.started_unix_ms, f.value, f.amount FROM loadline_names n \
             JOIN loadline_figures f ON f.name = n.id JOIN loadline_runs r ON r.id = f.run \
             WHERE n.subject = ${next} AND n.quantity = ${} AND r.id IN ({chosen}) ORDER BY r.started_unix_ms, r.id",
            next + 1
        );
        let rows = self.read("reading a series", &sql, &parameters)?;
        rows.into_iter()
            .map(|cells| {
                let [run, started, value, values] = row(cells)?;
                Ok(FigurePoint {
                    run: run.int()?,
                    started_unix_ms: started.int()?,
                    value: value.real()?,
                    values: values.int()? as u64,
                })
            })
            .collect::<Result<_, Fault>>()
            .map_err(|fault| self.explain("reading a series", fault))
    }
}

/// Stores the figures of a run instead of those it had.
pub(crate) fn store(database: &mut dyn Database, run: i64, figures: &[Figure]) -> Result<(), Fault> {
    database.execute("DELETE FROM loadline_figures WHERE run = $1", &[run.into()])?;
    let mut names = HashMap::new();
    for cells in database.query("SELECT id, subject, quantity, unit FROM loadline_names", &[])? {
        let [id, subject, quantity, unit] = row(cells)?;
        names.insert((subject.text()?, quantity.text()?, unit.text()?), id.int()?);
    }
    for figure in figures.iter().filter(|figure| figure.value.is_finite()) {
        let name = (figure.subject.clone(), figure.quantity.clone(), figure.scale.word());
        let name = match names.get(&name) {
            Some(id) => *id,
            None => *names.entry(name).or_insert(new_name(database, figure)?),
        };
        // The last of two figures with one name counts.
        database.execute(
            "INSERT INTO loadline_figures (name, run, value, amount) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name, run) DO UPDATE SET value = excluded.value, amount = excluded.amount",
            &[name.into(), run.into(), figure.value.into(), (figure.values as i64).into()],
        )?;
    }
    Ok(())
}

fn new_name(database: &mut dyn Database, figure: &Figure) -> Result<i64, Fault> {
    let scale = figure.scale.word();
    let name: [Value; 3] = [(&*figure.subject).into(), (&*figure.quantity).into(), (&*scale).into()];
    let insert = "INSERT INTO loadline_names (subject, quantity, unit) VALUES ($1, $2, $3) \
                  ON CONFLICT DO NOTHING RETURNING id";
    let mut rows = database.query(insert, &name)?;
    if rows.is_empty() {
        // Somebody else stored it meanwhile.
        let known = "SELECT id FROM loadline_names WHERE subject = $1 AND quantity = $2 AND unit = $3";
        rows = database.query(known, &name)?;
    }
    let [id] = row(rows.pop().unwrap_or_default())?;
    id.int()
}
