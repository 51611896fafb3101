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

/// What the superuser's session begins with: no name is looked for but in the system's own schema.
pub(super) const BEGIN: &str = "SET search_path = pg_catalog, pg_temp; SET allow_system_table_mods = on; \
     SET client_min_messages = error; SET standard_conforming_strings = on; SET statement_timeout = 60000";

/// Writes statistics and sizes.
pub(super) async fn fill(
    session: &Session,
    portrait: &Portrait,
    lost: &mut Vec<Loss>,
) -> Result<Numbers, String> {
    let mut numbers = Numbers::read(session, portrait).await?;
    numbers.resolve(session, portrait).await?;
    columns(session, portrait, &numbers, lost).await?;
    several(session, portrait, &numbers, lost).await?;
    sizes(session, portrait, &numbers).await?;
    Ok(numbers)
}

impl Numbers {
    /// A slot's five columns, or why it can't be had.
    fn slot(&self, slot: &Slot) -> Result<[String; 5], String> {
        let named = |of: &HashMap<String, Option<u32>>, name: &str, what: &str| {
            if name.is_empty() {
                return Ok(0);
            }
            of.get(name).copied().flatten().ok_or_else(|| format!("there is no {what} {name} here"))
        };
        let operator = named(&self.operators, &slot.operator, "operator")?;
        let collation = named(&self.collations, &slot.collation, "collation")?;
        let numbers = slot.numbers.as_ref().map_or_else(
            || "NULL::float4[]".to_owned(),
            |numbers| {
                let numbers: Vec<String> = numbers.iter().map(f32::to_string).collect();
                format!("'{{{}}}'::float4[]", numbers.join(","))
            },
        );
        let values = match &slot.values {
            None => "NULL".to_owned(),
            Some(values) => {
                let of = self.types.get(&values.of).and_then(Option::as_ref);
                let of = of.ok_or_else(|| format!("values of the type {} cannot be read here", values.of))?;
                format!("array_in({}, {}, -1)", literal(&values.text), of.number)
            }
        };
        Ok([slot.kind.to_string(), operator.to_string(), collation.to_string(), numbers, values])
    }

    /// The columns of a row of `pg_statistic`, and what is missing in it.
    fn row(&self, whose: &str, figures: &Figures) -> (String, Vec<String>) {
        let mut columns: [Vec<String>; 5] = Default::default();
        let mut missing = Vec::new();
        for slot in figures.slots.iter().take(5) {
            // A list of frequencies without its values is none that a planner takes.
            if !slot.is_usable() {
                continue;
            }
            match self.slot(slot) {
                Ok(texts) => columns.iter_mut().zip(texts).for_each(|(column, text)| column.push(text)),
                Err(why) => missing.push(why),
            }
        }
        for (column, empty) in columns.iter_mut().zip(["0", "0", "0", "NULL::float4[]", "NULL"]) {
            column.resize(5, empty.to_owned());
        }
        let cast = ["int2", "oid", "oid", "float4[]", ""];
        let list = columns.iter().zip(cast).flat_map(|(column, cast)| {
            column
                .iter()
                .map(move |text| if cast.is_empty() { text.clone() } else { format!("{text}::{cast}") })
        });
        let list: Vec<String> = list.collect();
        let Figures { nulls, width, distinct, .. } = figures;
        let row =
            format!("{whose}, {nulls}::float4, {width}::int4, '{distinct}'::float4, {}", list.join(", "));
        (row, missing)
    }
}

/// Says statements many at once; of those that fail, which and why.
async fn say(session: &Session, statements: &[(String, String)], lost: &mut Vec<Loss>) -> Result<(), String> {
    for some in statements.chunks(AT_ONCE) {
        let all: Vec<&str> = some.iter().map(|(_, statement)| statement.as_str()).collect();
        if session.batch_execute(&all.join("; ")).await.is_ok() {
            continue;
        }
        for (what, statement) in some {
            if let Err(error) = session.batch_execute(statement).await {
                if session.is_closed() {
                    return Err(format!("{what}: {}", explain(&error)));
                }
                lost.push(Loss { what: what.clone(), why: explain(&error) });
            }
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
    let mut statements = Vec::new();
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
        let whose = format!("{here}::oid, {column}::int2, {}", statistics.inherited);
        let (row, missing) = numbers.row(&whose, &statistics.figures);
        lost.extend(missing.into_iter().map(|why| Loss { what: what.clone(), why }));
        statements.push((what, format!("INSERT INTO pg_statistic VALUES ({row})")));
    }
    session.batch_execute("DELETE FROM pg_statistic").await.map_err(|error| explain(&error))?;
    say(session, &statements, lost).await
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
    say(session, &statements, lost).await?;
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

/// The figures of `pg_class`, and matters of what is there: materialised views count as filled.
async fn sizes(session: &Session, portrait: &Portrait, numbers: &Numbers) -> Result<(), String> {
    let frozen = portrait.server.major() >= 18;
    for some in portrait.relations.chunks(AT_ONCE * 5) {
        let values = some.iter().filter_map(|relation| {
            let here = numbers.relations.get(&(relation.schema.clone(), relation.name.clone()))?;
            let crate::portrait::Relation { pages, tuples, all_visible, all_frozen, .. } = relation;
            Some(format!("({here}::oid, {pages}, '{tuples}'::float4, {all_visible}, {all_frozen})"))
        });
        let values: Vec<String> = values.collect();
        if values.is_empty() {
            continue;
        }
        let frozen = if frozen { ", relallfrozen = v.frozen" } else { "" };
        let update = format!(
            "UPDATE pg_class c SET relpages = v.pages, reltuples = v.tuples, relallvisible = v.visible{frozen} \
             FROM (VALUES {}) AS v(oid, pages, tuples, visible, frozen) WHERE c.oid = v.oid",
            values.join(", ")
        );
        session.batch_execute(&update).await.map_err(|error| explain(&error))?;
    }
    let filled = "UPDATE pg_class SET relispopulated = true WHERE relkind = 'm'";
    session.batch_execute(filled).await.map_err(|error| explain(&error))
}
