//! What the planner knows, written into the catalogues of a ghost by its superuser.
//!
//! Values are read by the input functions of their types, so a type is taken only where reading one runs nothing that a
//! portrait brought along: no domain with a check hides in it.

use std::collections::HashMap;

use super::numbers::{Numbers, number, rows};
use crate::ghost::{Dimension, combinations, dependencies, distinct, literal};
use crate::live::connect::{Session, explain};
use crate::portrait::{Column, Extended, Figures, Loss, Portrait, Slot};

/// Statements said at once.
const AT_ONCE: usize = 100;
/// Slots of a row (`STATISTIC_NUM_SLOTS`).
const SLOTS: usize = 5;

/// What the superuser's session begins with: no name is looked for but in the system's own schema.
pub(super) const BEGIN: &str = "SET search_path = pg_catalog, pg_temp; SET allow_system_table_mods = on; \
     SET client_min_messages = error; SET standard_conforming_strings = on; SET statement_timeout = 60000";

/// Writes statistics.
pub(super) async fn fill(
    session: &Session,
    portrait: &Portrait,
    lost: &mut Vec<Loss>,
) -> Result<Numbers, String> {
    let mut numbers = Numbers::read(session, portrait).await?;
    numbers.resolve(session, portrait).await?;
    columns(session, portrait, &numbers, lost).await?;
    several(session, portrait, &numbers, lost).await?;
    // Materialised views count as filled.
    let filled = "UPDATE pg_class SET relispopulated = true WHERE relkind = 'm'";
    session.batch_execute(filled).await.map_err(|error| explain(&error))?;
    Ok(numbers)
}

/// A slot with the ghost's numbers.
#[derive(Default)]
struct Filled {
    kind: i16,
    operator: u32,
    collation: u32,
    /// A literal of an array of numbers, or `NULL`.
    numbers: String,
    /// A literal of an array, or `NULL`, and the type of its elements.
    values: String,
    of: u32,
}

/// Rows of `pg_statistic` from rows of plain values: what these are is said once for all of them.
fn insertion(rows: &[&str]) -> String {
    let slot = |number: usize| {
        let casts = |name: &str, cast: &str| format!("v.{name}{number}::{cast}");
        [
            casts("kind", "int2"),
            casts("operator", "oid"),
            casts("collation", "oid"),
            casts("numbers", "float4[]"),
            format!("array_in(textout(v.values{number}), v.of{number}::oid, -1)"),
        ]
    };
    let slots: Vec<[String; 5]> = (1..=SLOTS).map(slot).collect();
    let columns = (0..5).flat_map(|column| slots.iter().map(move |slot| slot[column].as_str()));
    let columns: Vec<&str> = columns.collect();
    let names = (1..=SLOTS).map(|number| {
        format!(
            "kind{number}, operator{number}, collation{number}, numbers{number}, values{number}, of{number}"
        )
    });
    format!(
        "INSERT INTO pg_statistic SELECT v.relation::oid, v.number::int2, v.inherited, v.nulls::float4, v.width::int4, \
         v.different::float4, {} FROM (VALUES {}) AS v(relation, number, inherited, nulls, width, different, {})",
        columns.join(", "),
        rows.join(", "),
        names.collect::<Vec<_>>().join(", ")
    )
}

impl Numbers {
    fn slot(&self, slot: &Slot) -> Result<Filled, String> {
        let named = |of: &HashMap<String, Option<u32>>, name: &str, what: &str| {
            if name.is_empty() {
                return Ok(0);
            }
            of.get(name).copied().flatten().ok_or_else(|| format!("there is no {what} {name} here"))
        };
        let numbers = slot.numbers.as_ref().map_or_else(
            || "NULL".to_owned(),
            |numbers| {
                let numbers: Vec<String> = numbers.iter().map(f32::to_string).collect();
                format!("'{{{}}}'", numbers.join(","))
            },
        );
        let (values, of) = match &slot.values {
            None => ("NULL".to_owned(), 0),
            Some(values) => {
                let of = self.types.get(&values.of).and_then(Option::as_ref);
                let of = of.ok_or_else(|| format!("values of the type {} cannot be read here", values.of))?;
                (literal(&values.text), of.number)
            }
        };
        Ok(Filled {
            kind: slot.kind,
            operator: named(&self.operators, &slot.operator, "operator")?,
            collation: named(&self.collations, &slot.collation, "collation")?,
            numbers,
            values,
            of,
        })
    }

    /// The slots of a row of `pg_statistic`, and what is missing in it.
    fn slots(&self, figures: &Figures) -> (Vec<Filled>, Vec<String>) {
        let mut slots = Vec::with_capacity(SLOTS);
        let mut missing = Vec::new();
        // A list of frequencies without its values is none that a planner takes.
        for slot in figures.slots.iter().take(SLOTS).filter(|slot| slot.is_usable()) {
            match self.slot(slot) {
                Ok(filled) => slots.push(filled),
                Err(why) => missing.push(why),
            }
        }
        let empty = || Filled { numbers: "NULL".to_owned(), values: "NULL".to_owned(), ..Filled::default() };
        slots.resize_with(SLOTS, empty);
        (slots, missing)
    }

    /// The columns of a row of `pg_statistic` as they stand there, and what is missing in it.
    fn row(&self, whose: &str, figures: &Figures) -> (String, Vec<String>) {
        let (slots, missing) = self.slots(figures);
        let columns: [&dyn Fn(&Filled) -> String; 5] = [
            &|slot| format!("{}::int2", slot.kind),
            &|slot| format!("{}::oid", slot.operator),
            &|slot| format!("{}::oid", slot.collation),
            &|slot| format!("{}::float4[]", slot.numbers),
            &|slot| {
                if slot.of == 0 {
                    "NULL".to_owned()
                } else {
                    format!("array_in({}, {}, -1)", slot.values, slot.of)
                }
            },
        ];
        let list: Vec<String> = columns.iter().flat_map(|column| slots.iter().map(column)).collect();
        let Figures { nulls, width, distinct, .. } = figures;
        let row =
            format!("{whose}, {nulls}::float4, {width}::int4, '{distinct}'::float4, {}", list.join(", "));
        (row, missing)
    }

    /// The same for [`insertion`].
    fn plain_row(&self, whose: &str, figures: &Figures) -> (String, Vec<String>) {
        let (slots, missing) = self.slots(figures);
        let Figures { nulls, width, distinct, .. } = figures;
        let mut row = format!("({whose}, '{nulls}', {width}, '{distinct}'");
        for Filled { kind, operator, collation, numbers, values, of } in slots {
            row += &format!(", {kind}, {operator}, {collation}, {numbers}, {values}, {of}");
        }
        (row + ")", missing)
    }
}

/// Says things many at once; of those that fail, which and why.
async fn say(
    session: &Session,
    all: &[(String, String)],
    together: impl Fn(&[&str]) -> String,
    lost: &mut Vec<Loss>,
) -> Result<(), String> {
    let mut left: Vec<&[(String, String)]> = all.chunks(AT_ONCE).rev().collect();
    while let Some(some) = left.pop() {
        let texts: Vec<&str> = some.iter().map(|(_, text)| text.as_str()).collect();
        let Err(error) = session.batch_execute(&together(&texts)).await else { continue };
        let why = explain(&error);
        let (first, second) = some.split_at(some.len() / 2);
        match second {
            _ if session.is_closed() => {
                return Err(format!("{}: {why}", second.first().map_or("", |(what, _)| what)));
            }
            [(what, _)] if first.is_empty() => lost.push(Loss { what: what.clone(), why }),
            _ => left.extend([second, first]),
        }
    }
    Ok(())
}

async fn columns(
    session: &Session,
    portrait: &Portrait,
    numbers: &Numbers,
    lost: &mut Vec<Loss>,
) -> Result<(), String> {
    let mut found = Vec::new();
    for statistics in &portrait.statistics {
        let Some(relation) = portrait.relations.get(statistics.relation as usize) else { continue };
        // What is missing was told with the schema.
        let Some(here) = numbers.relations.get(&(relation.schema.clone(), relation.name.clone())) else {
            continue;
        };
        let (column, name) = match &statistics.column {
            Column::Number(number) => (Some(*number), number.to_string()),
            Column::Name(name) => (numbers.columns.get(&(*here, name.clone())).copied(), name.clone()),
        };
        let Some(column) = column else { continue };
        let what = format!("statistics of {}.{}.{name}", relation.schema, relation.name);
        let whose = format!("{here}, {column}, {}", statistics.inherited);
        let (row, missing) = numbers.plain_row(&whose, &statistics.figures);
        lost.extend(missing.into_iter().map(|why| Loss { what: what.clone(), why }));
        found.push((what, row));
    }
    session.batch_execute("DELETE FROM pg_statistic").await.map_err(|error| explain(&error))?;
    say(session, &found, insertion, lost).await
}

/// Statistics over several columns: their bytes, checked and moved, through a cast that is there meanwhile.
async fn several(
    session: &Session,
    portrait: &Portrait,
    numbers: &Numbers,
    lost: &mut Vec<Loss>,
) -> Result<(), String> {
    if portrait.extended.is_empty() {
        return Ok(());
    }
    let kinds = ["pg_ndistinct", "pg_dependencies", "pg_mcv_list"];
    let casts = |verb: &str, end: &str| {
        kinds.map(|kind| format!("{verb} CAST (bytea AS pg_catalog.{kind}){end}")).join("; ")
    };
    session.batch_execute(&casts("CREATE", " WITHOUT FUNCTION")).await.map_err(|error| explain(&error))?;
    let mut statements = Vec::new();
    for extended in &portrait.extended {
        let what = format!("statistics {}.{}", extended.schema, extended.name);
        let query = format!(
            "SELECT e.oid, e.stxrelid FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = e.stxnamespace \
             WHERE n.nspname = {} AND e.stxname = {}",
            literal(&extended.schema),
            literal(&extended.name)
        );
        let found = rows(session, &query).await?;
        let Some(row) = found.first() else { continue };
        let (here, relation): (u32, u32) = (number(row, 0), number(row, 1));
        let mut missing = Vec::new();
        let data = numbers.several(extended, relation, portrait, &mut missing);
        lost.extend(missing.into_iter().map(|why| Loss { what: what.clone(), why }));
        statements.push((
            what,
            format!("INSERT INTO pg_statistic_ext_data VALUES ({here}::oid, {}, {data})", extended.inherited),
        ));
    }
    session.batch_execute("DELETE FROM pg_statistic_ext_data").await.map_err(|error| explain(&error))?;
    say(session, &statements, |all| all.join("; "), lost).await?;
    session.batch_execute(&casts("DROP", "")).await.map_err(|error| explain(&error))
}

impl Numbers {
    fn several(
        &self,
        of: &Extended,
        relation: u32,
        portrait: &Portrait,
        missing: &mut Vec<String>,
    ) -> String {
        let column = |number: i16| {
            let (_, name) = of.columns.iter().find(|(other, _)| *other == number)?;
            self.columns.get(&(relation, name.clone())).copied()
        };
        let label = |dimension: &Dimension, number: u32| {
            let label =
                portrait.labels.iter().find(|label| label.number == number && label.of == dimension.name)?;
            self.labels.get(&(dimension.name.clone(), label.label.clone())).copied()
        };
        let common = of.common.as_ref().map(|(bytes, types)| {
            let dimension = |name: &String| self.types.get(name).cloned().flatten();
            let dimensions: Option<Vec<Dimension>> = types.iter().map(dimension).collect();
            let dimensions = dimensions.ok_or_else(|| "a type of it is not here".to_owned())?;
            combinations(bytes, &dimensions, label).map_err(|error| error.to_string())
        });
        let plain =
            |moved: Result<Vec<u8>, crate::ghost::ExtendedError>| moved.map_err(|error| error.to_string());
        let moved = [
            (of.distinct.as_ref().map(|bytes| plain(distinct(bytes, column))), "pg_ndistinct"),
            (of.dependencies.as_ref().map(|bytes| plain(dependencies(bytes, column))), "pg_dependencies"),
            (common, "pg_mcv_list"),
        ];
        let mut texts: Vec<String> = moved
            .into_iter()
            .map(|(moved, kind)| match moved {
                None => "NULL".to_owned(),
                Some(Ok(bytes)) => {
                    let digits =
                        bytes.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
                    format!("'\\x{digits}'::bytea::pg_catalog.{kind}")
                }
                Some(Err(why)) => {
                    missing.push(why);
                    "NULL".to_owned()
                }
            })
            .collect();
        texts.push(of.expressions.as_ref().map_or("NULL".to_owned(), |expressions| {
            let rows = expressions.iter().map(|figures| match figures {
                None => "NULL".to_owned(),
                Some(figures) => {
                    let (row, why) = self.row("0::oid, 0::int2, false", figures);
                    missing.extend(why);
                    format!("ROW({row})::pg_statistic")
                }
            });
            format!("ARRAY[{}]::pg_statistic[]", rows.collect::<Vec<_>>().join(", "))
        }));
        texts.join(", ")
    }
}
