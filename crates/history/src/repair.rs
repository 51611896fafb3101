//! Mending: what lists, trends and baselines stand on is worked out again from the Runs that are kept.
//!
//! A history says most things twice. A run's row, its figures and their names can all be had from its Run file; so
//! where one of them is damaged and the file is whole, nothing is lost. What was read from a row that is whole is never
//! changed, and what cannot be worked out stays as it is and goes on being told: a damaged file, a run that never
//! ended, figures that came from another tool beside a Run without values.
//!
//! A name whose row is damaged is found by what it stands for: of a run that has a figure of it, the one figure that
//! comes out with the same value and has no other name. Where two would do, the next run decides.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use loadline_measure::{Completeness, Conclusion, Figure, Run, RunState, read_run};

use crate::census::{Accepted, Counted, Keys, Names, counted, renew};
use crate::damage::Damage;
use crate::database::{Database, Fault, Value, row, transaction};
use crate::error::HistoryError;
use crate::figure::{FigureName, all_names, not_as_written, of_run};
use crate::history::History;
use crate::numbers::{Numbers, Ranges};
use crate::runs::{self, RunRow};
use crate::schema::VERSION;
use crate::sealed::{Sealed, SealedRow};
use crate::store_run::{Summary, hash};
use crate::tables::{ACCEPTANCES, BASELINES, CONTENTS, FIGURE_NAMES, FIGURES, NAMES, RUNS, STATE};

/// What came of a repair.
#[derive(Debug, Default)]
pub struct Repair {
    /// What is whole again.
    pub mended: Vec<Damage>,
    /// What is still damaged.
    pub left: Vec<Damage>,
}

impl History {
    /// Works out again what is damaged, all of it or, when something fails, nothing. `conclude` says what a run comes
    /// to, as when it was kept.
    ///
    /// # Errors
    /// [`HistoryError::Locked`], [`HistoryError::NotWritten`], and those of the database.
    pub fn repair(&mut self, conclude: impl Fn(&Run) -> Conclusion) -> Result<Repair, HistoryError> {
        let mended = transaction(&mut *self.database, |database| {
            let mut mending = Mending { database, conclude: &conclude, mended: Vec::new() };
            mending.runs()?;
            mending.names()?;
            mending.figures()?;
            mending.lists()?;
            Ok(mending.mended)
        });
        let mended = mended.map_err(|fault: Fault| self.explain("repairing the history", fault))?;
        self.found.clear();
        self.look_over()?;
        Ok(Repair { mended, left: self.found.iter().cloned().collect() })
    }

    /// Looks for damage in everything, Run files and single figures included.
    fn look_over(&mut self) -> Result<(), HistoryError> {
        const LOOKING: &str = "looking for damage";
        let version = self.version;
        let runs = self.runs(LOOKING)?;
        let names = self.names_of(&runs)?;
        self.baselines()?;
        self.acceptances()?;
        for (id, run) in &runs.whole {
            let there = of_run(&mut *self.database, version, *id);
            let there = there.map_err(|fault| self.explain(LOOKING, fault))?;
            let listed = run.figures.iter().flat_map(Ranges::numbers);
            for name in listed.filter(|name| names.contains_key(name) && !there.contains_key(name)) {
                self.found.insert(Damage::of_run(*id, &not_as_written(names.get(&name))));
            }
            // Somebody may have removed it meanwhile.
            if let Ok(file) = self.file(*id)
                && let Some(why) = file.damage
            {
                self.found.insert(Damage::of_run(*id, why));
            }
        }
        Ok(())
    }
}

/// A repair under way; within a transaction.
struct Mending<'a> {
    database: &'a mut dyn Database,
    conclude: &'a dyn Fn(&Run) -> Conclusion,
    mended: Vec<Damage>,
}

impl Mending<'_> {
    /// The rows of runs, from their files.
    fn runs(&mut self) -> Result<(), Fault> {
        let all = runs::all(self.database, VERSION)?;
        let counted = match counted::<Numbers>(self.database, VERSION)? {
            Counted::Keys(numbers) => Some(numbers.0),
            Counted::Damaged | Counted::Uncounted => None,
        };
        let mut found = BTreeMap::new();
        for row in RUNS.read(self.database, VERSION, "", &[])? {
            let number = row.found(0).cloned().and_then(|number| number.int().ok());
            if let Some(number) = number.filter(|number| !all.whole.contains_key(number)) {
                found.insert(number, row);
            }
        }
        for id in all.damaged.into_keys() {
            let Some(run) = self.kept(id)? else { continue };
            if !found.contains_key(&id)
                && let Some(counted) = &counted
            {
                // Its row may be there under a number that no run has, and would be in the way.
                for stray in found.keys().filter(|number| !counted.contains(number)) {
                    let stray: &[Value] = &[(*stray).into()];
                    self.database.execute("DELETE FROM loadline_runs WHERE id = $1", stray)?;
                }
                found.retain(|number, _| counted.contains(number));
            }
            self.run(id, found.get(&id), &run)?;
        }
        Ok(())
    }

    /// One run's row. It has the figures that are there, and those that come out of the file.
    fn run(&mut self, id: i64, found: Option<&SealedRow>, run: &Run) -> Result<(), Fault> {
        let state = found.and_then(|found| RunState::of(&found.found(STATE)?.clone().text().ok()?));
        let whole = if state == Some(RunState::Imported) { RunState::Imported } else { RunState::Finished };
        let state = RunState::of_run(&run.completeness(), whole);
        let hash = hash(run).map_err(|error| Fault::Failed(error.into()))?;
        let twin = "SELECT id FROM loadline_runs \
                    WHERE id <> $1 AND (hash = $2 OR (identity <> '' AND identity = $3))";
        let same: [Value; 3] = [id.into(), hash.as_str().into(), run.meta.id.as_str().into()];
        if !self.database.query(twin, &same)?.is_empty() {
            // It was taken in again since.
            return Ok(());
        }
        let conclusion = (self.conclude)(run);
        let known = all_names(self.database, VERSION)?.whole;
        let there = of_run(self.database, VERSION, id)?;
        let worked_out: BTreeMap<i64, Figure> = by_name(&conclusion.figures, &known)
            .into_iter()
            .filter(|(name, _)| !there.contains_key(name))
            .collect();
        let figures: Numbers = there.keys().chain(worked_out.keys()).copied().collect();
        let cells = Summary { figures, ..Summary::over(run, &hash, state, &conclusion) }.cells(id);
        put(&RUNS, self.database, &cells, 1)?;
        for (name, figure) in &worked_out {
            self.figure(id, *name, figure)?;
        }
        self.mended.push(Damage { run: Some(id), what: format!("run {id} is described anew by its Run") });
        Ok(())
    }

    /// The names of figures.
    fn names(&mut self) -> Result<(), Fault> {
        let names = all_names(self.database, VERSION)?;
        let runs = runs::all(self.database, VERSION)?.whole;
        let is_unknown = |name: &i64| !names.whole.contains_key(name);
        let unknown: BTreeSet<i64> = runs.values().flat_map(listed).filter(is_unknown).collect();
        let mut resolved = BTreeMap::<i64, FigureName>::new();
        for (id, run) in &runs {
            let open: Vec<i64> =
                listed(run).filter(|name| is_unknown(name) && !resolved.contains_key(name)).collect();
            if open.is_empty() {
                continue;
            }
            let Some(kept) = self.kept(*id)? else { continue };
            let has_name: BTreeSet<&FigureName> =
                listed(run).filter_map(|name| names.whole.get(&name)).collect();
            let figures = (self.conclude)(&kept).figures;
            let stored = of_run(self.database, VERSION, *id)?;
            for name in open {
                let Some(figure) = stored.get(&name) else { continue };
                let mut alike = figures
                    .iter()
                    .filter(|one| one.value == figure.value && one.values == figure.values)
                    .map(named)
                    .filter(|name| !has_name.contains(name));
                if let (Some(only), None) = (alike.next(), alike.next()) {
                    resolved.insert(name, only);
                }
            }
        }
        for stray in names.damaged.iter().filter(|name| !unknown.contains(name)) {
            self.forget_name(*stray)?;
        }
        for (number, name) in resolved {
            self.mended.push(Damage::of_all(format!(
                "the name of {} of `{}` is known again",
                name.quantity, name.subject
            )));
            let other = names.whole.iter().find(|(_, known)| **known == name).map(|(other, _)| *other);
            if let Some(other) = other {
                // Later runs have made it once more.
                for (id, run) in &runs {
                    self.rename(*id, run, number, other)?;
                }
                self.forget_name(number)?;
                continue;
            }
            let FigureName { subject, quantity, scale } = name;
            put(
                &NAMES,
                self.database,
                &[number.into(), subject.into(), quantity.into(), scale.word().into()],
                1,
            )?;
        }
        Ok(())
    }

    /// Gives a figure of a run the number of another name.
    fn rename(&mut self, id: i64, run: &RunRow, from: i64, to: i64) -> Result<(), Fault> {
        if !listed(run).any(|name| name == from) {
            return Ok(());
        }
        if let Some(figure) = of_run(self.database, VERSION, id)?.get(&from) {
            let cells = [to.into(), id.into(), figure.value.into(), (figure.values as i64).into()];
            put(&FIGURES, self.database, &cells, 2)?;
        }
        let keys: &[Value] = &[from.into(), id.into()];
        self.database.execute("DELETE FROM loadline_figures WHERE name = $1 AND run = $2", keys)?;
        let rows = RUNS.read(self.database, VERSION, "WHERE t.id = $1", &[id.into()])?;
        let Some(mut cells) = rows.into_iter().find_map(SealedRow::whole) else { return Ok(()) };
        let figures: Numbers = cells[FIGURE_NAMES].clone().text()?.parse().map_err(|_| runs::altered(id))?;
        let figures: Numbers =
            figures.0.into_iter().map(|name| if name == from { to } else { name }).collect();
        cells[FIGURE_NAMES] = figures.to_string().into();
        RUNS.replace(self.database, &cells, 1).map(|_| ())
    }

    /// Removes a name that is damaged and that nothing has.
    fn forget_name(&mut self, name: i64) -> Result<(), Fault> {
        let unused = "DELETE FROM loadline_names WHERE id = $1 \
                      AND NOT EXISTS (SELECT 1 FROM loadline_figures f WHERE f.name = $1)";
        self.database.execute(unused, &[name.into()]).map(|_| ())
    }

    /// Single figures.
    fn figures(&mut self) -> Result<(), Fault> {
        let names = all_names(self.database, VERSION)?.whole;
        for (id, run) in runs::all(self.database, VERSION)?.whole {
            let there = of_run(self.database, VERSION, id)?;
            let gone: Vec<i64> = listed(&run).filter(|name| !there.contains_key(name)).collect();
            if gone.is_empty() {
                continue;
            }
            let Some(kept) = self.kept(id)? else { continue };
            let worked_out = by_name(&(self.conclude)(&kept).figures, &names);
            for name in gone {
                let Some(figure) = worked_out.get(&name) else { continue };
                self.figure(id, name, figure)?;
                let what =
                    format!("run {id}: its {} of `{}` is worked out again", figure.quantity, figure.subject);
                self.mended.push(Damage { run: Some(id), what });
            }
        }
        Ok(())
    }

    fn figure(&mut self, run: i64, name: i64, figure: &Figure) -> Result<(), Fault> {
        let cells = [name.into(), run.into(), figure.value.into(), (figure.values as i64).into()];
        put(&FIGURES, self.database, &cells, 2)
    }

    /// Which runs, baselines and acceptances there are: those whose rows are.
    fn lists(&mut self) -> Result<(), Fault> {
        let numbers = |row: &SealedRow| row.found(0).and_then(|number| number.clone().int().ok());
        self.list::<Numbers>(&RUNS, |rows| rows.iter().filter_map(numbers).collect())?;
        self.list::<Accepted>(&ACCEPTANCES, |rows| Accepted(rows.iter().filter_map(numbers).collect()))?;
        let name = |row: &SealedRow| row.found(0).and_then(|name| name.clone().text().ok());
        self.list::<Names>(&BASELINES, |rows| Names(rows.iter().filter_map(name).collect()))
    }

    fn list<K: Keys>(&mut self, table: &Sealed, keys: impl FnOnce(&[SealedRow]) -> K) -> Result<(), Fault> {
        if !matches!(counted::<K>(self.database, VERSION)?, Counted::Damaged) {
            return Ok(());
        }
        let rows = table.read(self.database, VERSION, "", &[])?;
        renew(self.database, &keys(&rows))?;
        let what = format!("the list of its {} is made anew from the {} that are there", K::NAME, rows.len());
        self.mended.push(Damage::of_all(what));
        Ok(())
    }

    /// The run of a file that is whole.
    fn kept(&mut self, id: i64) -> Result<Option<Run>, Fault> {
        let found = CONTENTS.read(self.database, VERSION, "WHERE t.run = $1", &[id.into()])?;
        let Some(cells) = found.into_iter().find_map(SealedRow::whole) else { return Ok(None) };
        let [_, file] = row(cells)?;
        Ok(match read_run(Cursor::new(file.bytes()?)) {
            Ok((_, Completeness::Damaged { .. })) | Err(_) => None,
            Ok((run, _)) => Some(run),
        })
    }
}

/// Writes a row in place of the one with its keys, or where there is none.
fn put(table: &Sealed, database: &mut dyn Database, cells: &[Value], keys: usize) -> Result<(), Fault> {
    if !table.replace(database, cells, keys)? {
        table.insert(database, cells, "")?;
    }
    Ok(())
}

/// The names of the figures that a run has.
fn listed(run: &RunRow) -> impl Iterator<Item = i64> {
    run.figures.iter().flat_map(Ranges::numbers)
}

fn named(figure: &Figure) -> FigureName {
    FigureName {
        subject: figure.subject.clone(),
        quantity: figure.quantity.clone(),
        scale: figure.scale.clone(),
    }
}

/// Figures by the numbers of their names, where they have one; what is no number is no figure.
fn by_name(figures: &[Figure], names: &BTreeMap<i64, FigureName>) -> BTreeMap<i64, Figure> {
    let numbers: BTreeMap<&FigureName, i64> = names.iter().map(|(number, name)| (name, *number)).collect();
    let finite = figures.iter().filter(|figure| figure.value.is_finite());
    finite.filter_map(|figure| Some((*numbers.get(&named(figure))?, figure.clone()))).collect()
}
