//! Figures: what trends, baselines and change points are made of, without opening a run.
//!
//! A figure is named by what it is about and by its quantity. Names are stored once and figures by name, so that the
//! figures of one name over all runs lie together: a trend reads them and nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use loadline_measure::{Figure, FigurePoint, FigureScale};

use crate::damage::Damage;
use crate::database::{Database, Fault, Value, row, snapshot};
use crate::error::HistoryError;
use crate::filter::Filter;
use crate::history::History;
use crate::numbers::Ranges;
use crate::runs::{self, Runs, said};
use crate::schema::VERSION;
use crate::sealed::{SEALED, SealedRow};
use crate::tables::{FIGURES, NAMES};

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

/// What is said of a name that is damaged.
const NAMELESS: &str = "the name of a figure is damaged, and with it that figure of all runs";

/// A figure as its row has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored {
    pub(crate) name: i64,
    pub(crate) run: i64,
    pub(crate) value: f64,
    pub(crate) values: u64,
}

/// The names of figures.
pub(crate) struct FigureNames {
    /// Those that are whole, by number.
    pub(crate) whole: BTreeMap<i64, FigureName>,
    /// The numbers of those that are not, right or wrong.
    pub(crate) damaged: Vec<i64>,
}

impl History {
    /// The figures of one run, by subject and quantity.
    ///
    /// # Errors
    /// [`HistoryError::Altered`] when one of them is damaged, and those of the database.
    pub fn figures(&mut self, id: i64) -> Result<Vec<Figure>, HistoryError> {
        const READING: &str = "reading figures";
        let version = self.version;
        let names = self.names()?;
        let read = snapshot(&mut *self.database, |database| {
            Ok((runs::one(database, version, id)?, of_run(database, version, id)?))
        });
        let (run, stored) = read.map_err(|fault: Fault| self.explain(READING, fault))?;
        let expected = run.and_then(|run| run.figures);
        let expected = expected
            .map_or_else(|| stored.keys().copied().collect(), |names| names.numbers().collect::<Vec<_>>());
        let mut figures = Vec::new();
        for name in expected {
            let (Some(figure), Some(name)) = (stored.get(&name), names.get(&name)) else {
                let fault = Fault::Damaged(said(id, &not_as_written(names.get(&name))));
                return Err(self.explain(READING, fault));
            };
            figures.push(Figure {
                subject: name.subject.clone(),
                quantity: name.quantity.clone(),
                value: figure.value,
                scale: name.scale.clone(),
                values: figure.values,
            });
        }
        figures.sort_by_cached_key(|figure| {
            (figure.subject.clone(), figure.quantity.clone(), figure.scale.word())
        });
        Ok(figures)
    }

    /// What there are figures of, in the runs of the filter, sorted.
    ///
    /// # Errors
    /// Those of the database.
    pub fn subjects(&mut self, filter: &Filter) -> Result<Vec<FigureName>, HistoryError> {
        const READING: &str = "reading subjects";
        let runs = self.runs(READING)?;
        let names = self.names_of(&runs)?;
        let mut runs = runs.whole;
        let records = runs.values().map(|run| run.record.clone());
        let chosen: Vec<i64> = filter.choose(records).into_iter().map(|record| record.id).collect();
        let mut there = BTreeSet::new();
        if self.version < SEALED {
            let chosen: BTreeSet<i64> = chosen.into_iter().collect();
            for cells in self.read(READING, "SELECT DISTINCT name, run FROM loadline_figures", &[])? {
                let pair = row(cells).and_then(|[name, run]| Ok((name.int()?, run.int()?)));
                let (name, run) = pair.map_err(|fault| self.explain(READING, fault))?;
                if chosen.contains(&run) {
                    there.insert(name);
                }
            }
        } else {
            for run in chosen.iter().filter_map(|id| runs.remove(id)) {
                there.extend(run.figures.unwrap_or_default().numbers());
            }
        }
        let mut subjects: Vec<FigureName> =
            names.into_iter().filter(|(id, _)| there.contains(id)).map(|(_, name)| name).collect();
        subjects.sort_unstable();
        Ok(subjects)
    }

    /// One figure over the runs of the filter, in the order of time. Runs without it are left out; with a limit, it is
    /// the newest runs that count. Where it is damaged, it is left out as well, and among what is
    /// [`damaged`](History::damaged) from then on.
    ///
    /// # Errors
    /// Those of the database.
    pub fn series(
        &mut self,
        filter: &Filter,
        subject: &str,
        quantity: &str,
    ) -> Result<Vec<FigurePoint>, HistoryError> {
        const READING: &str = "reading a series";
        let version = self.version;
        let names = self.names()?;
        let is_meant = |name: &FigureName| name.subject == subject && name.quantity == quantity;
        let meant: Vec<i64> = names.iter().filter(|(_, name)| is_meant(name)).map(|(id, _)| *id).collect();
        let read = snapshot(&mut *self.database, |database| {
            let runs = runs::all(database, version)?;
            let mut figures = BTreeMap::new();
            for name in &meant {
                let found = FIGURES.read(database, version, "WHERE t.name = $1", &[(*name).into()])?;
                figures.extend(
                    found.into_iter().filter_map(stored).map(|figure| ((figure.run, figure.name), figure)),
                );
            }
            Ok((runs, figures))
        });
        let (runs, figures) = read.map_err(|fault: Fault| self.explain(READING, fault))?;
        self.note(&runs);
        self.names_of(&runs)?;
        let mut series = Vec::new();
        let records = runs.whole.values().map(|run| run.record.clone());
        for record in filter.choose(records).into_iter().rev() {
            let run = runs.whole.get(&record.id);
            for name in &meant {
                let point = figures.get(&(record.id, *name));
                let is_there = run.and_then(|run| run.figures.as_ref());
                match (point, is_there.map(|names| names.contains(*name))) {
                    (Some(figure), None | Some(true)) => series.push(FigurePoint {
                        run: record.id,
                        started_unix_ms: record.started_unix_ms,
                        value: figure.value,
                        values: figure.values,
                    }),
                    (None, Some(true)) => {
                        self.found.insert(Damage::of_run(record.id, &not_as_written(names.get(name))));
                    }
                    (_, None | Some(false)) => {}
                }
            }
        }
        Ok(series)
    }

    /// The names of figures that are whole; what is damaged is among what was found.
    pub(crate) fn names(&mut self) -> Result<BTreeMap<i64, FigureName>, HistoryError> {
        let read = all_names(&mut *self.database, self.version);
        let names = read.map_err(|fault| self.explain("reading the names of figures", fault))?;
        if !names.damaged.is_empty() {
            self.found.insert(Damage::of_all(NAMELESS.to_owned()));
        }
        Ok(names.whole)
    }

    /// The same; one that is missing is noticed by the runs that have figures of it.
    pub(crate) fn names_of(&mut self, runs: &Runs) -> Result<BTreeMap<i64, FigureName>, HistoryError> {
        let names = self.names()?;
        let mut held: Option<&Ranges> = None;
        for figures in runs.whole.values().filter_map(|run| run.figures.as_ref()) {
            // Most runs have the figures of the one before.
            if held != Some(figures) && figures.numbers().any(|name| !names.contains_key(&name)) {
                self.found.insert(Damage::of_all(NAMELESS.to_owned()));
            }
            held = Some(figures);
        }
        Ok(names)
    }
}

/// What is said of a figure that is damaged.
pub(crate) fn not_as_written(name: Option<&FigureName>) -> String {
    name.map_or_else(
        || "the name of one of its figures is not what was written".to_owned(),
        |name| format!("its {} of `{}` is not what was written", name.quantity, name.subject),
    )
}

/// Reads all names.
pub(crate) fn all_names(database: &mut dyn Database, version: i64) -> Result<FigureNames, Fault> {
    let mut names = FigureNames { whole: BTreeMap::new(), damaged: Vec::new() };
    for found in NAMES.read(database, version, "", &[])? {
        let number = found.found(0).cloned().and_then(|number| number.int().ok());
        match found.whole().and_then(|cells| name(cells).ok()) {
            Some((id, name)) => _ = names.whole.insert(id, name),
            None => names.damaged.push(number.unwrap_or_default()),
        }
    }
    Ok(names)
}

/// The figures of a run whose rows are whole, by the numbers of their names.
pub(crate) fn of_run(
    database: &mut dyn Database,
    version: i64,
    run: i64,
) -> Result<BTreeMap<i64, Stored>, Fault> {
    let found = FIGURES.read(database, version, "WHERE t.run = $1", &[run.into()])?;
    Ok(found.into_iter().filter_map(stored).map(|figure| (figure.name, figure)).collect())
}

fn name(cells: Vec<Value>) -> Result<(i64, FigureName), Fault> {
    let [id, subject, quantity, unit] = row(cells)?;
    let scale = FigureScale::of(&unit.text()?);
    Ok((id.int()?, FigureName { subject: subject.text()?, quantity: quantity.text()?, scale }))
}

/// A figure whose row is whole.
fn stored(found: SealedRow) -> Option<Stored> {
    let [name, run, value, values] = row(found.whole()?).ok()?;
    Some(Stored {
        name: name.int().ok()?,
        run: run.int().ok()?,
        value: value.real().ok()?,
        values: values.int().ok()? as u64,
    })
}

/// The figures by the numbers of their names, which get one where they have none. What is no number is no figure, and
/// the last of two figures with one name counts.
pub(crate) fn named(database: &mut dyn Database, figures: &[Figure]) -> Result<BTreeMap<i64, Figure>, Fault> {
    let mut names = HashMap::new();
    for found in NAMES.read(database, VERSION, "", &[])? {
        if let Some(cells) = found.whole() {
            let [id, subject, quantity, unit] = row(cells)?;
            names.insert((subject.text()?, quantity.text()?, unit.text()?), id.int()?);
        }
    }
    let mut named = BTreeMap::new();
    for figure in figures.iter().filter(|figure| figure.value.is_finite()) {
        let name = (figure.subject.clone(), figure.quantity.clone(), figure.scale.word());
        let name = match names.get(&name) {
            Some(id) => *id,
            None => *names.entry(name).or_insert(new_name(database, figure)?),
        };
        named.insert(name, figure.clone());
    }
    Ok(named)
}

/// Stores the figures of a run instead of those it had.
pub(crate) fn store(
    database: &mut dyn Database,
    run: i64,
    figures: &BTreeMap<i64, Figure>,
) -> Result<(), Fault> {
    database.execute("DELETE FROM loadline_figures WHERE run = $1", &[run.into()])?;
    for (name, figure) in figures {
        let cells = [(*name).into(), run.into(), figure.value.into(), (figure.values as i64).into()];
        FIGURES.insert(database, &cells, "")?;
    }
    Ok(())
}

fn new_name(database: &mut dyn Database, figure: &Figure) -> Result<i64, Fault> {
    let scale = figure.scale.word();
    let name: [Value; 3] = [(&*figure.subject).into(), (&*figure.quantity).into(), (&*scale).into()];
    let insert = "INSERT INTO loadline_names (subject, quantity, unit, seal) VALUES ($1, $2, $3, 0) \
                  ON CONFLICT DO NOTHING RETURNING id";
    let mut rows = database.query(insert, &name)?;
    if let Some(found) = rows.pop() {
        let [id] = row(found)?;
        let id = id.int()?;
        let cells: Vec<Value> = [id.into()].into_iter().chain(name).collect();
        NAMES.replace(database, &cells, 1)?;
        return Ok(id);
    }
    // Somebody else stored it meanwhile.
    let known = "WHERE t.subject = $1 AND t.quantity = $2 AND t.unit = $3";
    let found = NAMES.read(database, VERSION, known, &name)?.into_iter().find_map(SealedRow::whole);
    let damaged = || Fault::Damaged(format!("the name of the figure `{}` is damaged", figure.subject));
    let [id, ..]: [Value; 4] = row(found.ok_or_else(damaged)?)?;
    id.int()
}
