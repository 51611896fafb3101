//! What `ANALYZE` found, out of `pg_statistic` and `pg_statistic_ext_data`, with names for numbers.
//!
//! Of which type a slot's values are is written in the values themselves, in the head of what `array_send` makes of
//! them. Types without a binary form have none; their slots are read again one relation and one column at a time, and
//! then the column's own type stands for it.

use std::collections::{BTreeMap, HashMap};

use super::reading::{Reading, Refusal, Row, bytes, is_true, number, numbers, text};
use super::relations::Relations;
use crate::portrait::{Column, Extended, Figures, Label, Loss, Slot, Statistics, Values};

/// Columns of a slot in [`list`].
const PER_SLOT: usize = 6;
/// The most slots (`STATISTIC_NUM_SLOTS`).
const SLOTS: usize = 5;

/// The columns of a row of `pg_statistic` that say what was found, of the row that is called `s`.
fn list(by_bytes: bool) -> String {
    let mut list = "s.stanullfrac, s.stawidth, s.stadistinct".to_owned();
    for slot in 1..=SLOTS {
        let kind = if by_bytes {
            format!("substring(array_send(s.stavalues{slot}) FROM 9 FOR 4)::text")
        } else {
            "NULL".to_owned()
        };
        list += &format!(
            ", s.stakind{slot}, s.staop{slot}::regoperator::text, s.stacoll{slot}::regcollation::text, \
             s.stanumbers{slot}::text, s.stavalues{slot}::text, {kind}"
        );
    }
    list
}

/// Names of types by number; of a domain the name of what it is a domain of, because whoever reads values of a domain
/// runs its checks.
pub(super) struct Types(HashMap<u32, String>);

impl Types {
    pub(super) async fn read(reading: &Reading<'_>) -> Result<Self, Refusal> {
        let rows = reading
            .rows(
                "WITH RECURSIVE base(oid, of) AS (
                     SELECT oid, oid FROM pg_type WHERE typtype IN ('b', 'c', 'd', 'e', 'm', 'r')
                     UNION ALL SELECT base.oid, t.typbasetype FROM base JOIN pg_type t ON t.oid = base.of
                     WHERE t.typtype = 'd')
                 SELECT base.oid, format_type(t.oid, NULL) FROM base JOIN pg_type t ON t.oid = base.of
                 WHERE t.typtype <> 'd'",
            )
            .await?;
        Ok(Self(rows.iter().map(|row| (number(row, 0), text(row, 1))).collect()))
    }

    fn name(&self, number: u32) -> Option<&String> {
        self.0.get(&number)
    }
}

/// What was found of one column or expression; `from` is where [`list`] begins in the row.
fn figures(row: &Row, from: usize, types: &Types, own: u32) -> Figures {
    let slot = |slot: usize| {
        let at = from + 3 + slot * PER_SLOT;
        let kind: i16 = number(row, at);
        let absent = |text: String| if text == "0" || text == "-" { String::new() } else { text };
        let written = row.get(at + 4).cloned().flatten();
        let of = bytes(row, at + 5).and_then(|bytes| bytes.try_into().ok()).map_or(own, u32::from_be_bytes);
        let values = written.and_then(|text| Some(Values { of: types.name(of)?.clone(), text }));
        (kind != 0).then(|| Slot {
            kind,
            operator: absent(text(row, at + 1)),
            collation: absent(text(row, at + 2)),
            numbers: numbers(row, at + 3),
            values,
            ends: None,
        })
    };
    Figures {
        nulls: number(row, from),
        width: number(row, from + 1),
        distinct: number(row, from + 2),
        slots: (0..SLOTS).filter_map(slot).collect(),
    }
}

/// Statistics of columns and of indexes' expressions.
pub(super) async fn statistics(
    reading: &Reading<'_>,
    relations: &Relations,
    types: &Types,
    lost: &mut Vec<Loss>,
) -> Result<Vec<Statistics>, Refusal> {
    let query = |filter: &str, by_bytes: bool| {
        format!(
            "SELECT s.starelid, s.staattnum, a.attname, s.stainherit, a.atttypid, c.relkind, {} \
             FROM pg_statistic s JOIN pg_attribute a ON a.attrelid = s.starelid AND a.attnum = s.staattnum \
             JOIN pg_class c ON c.oid = s.starelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'i', 'I', 'm') AND NOT a.attisdropped AND n.nspname !~ '^pg_' \
             AND n.nspname <> 'information_schema' {filter} ORDER BY s.starelid, s.staattnum, s.stainherit",
            list(by_bytes)
        )
    };
    let rows = match reading.attempt(&query("", true)).await? {
        Ok(answers) => answers.into_iter().flatten().collect(),
        Err(refusal) if refusal.0.contains("permission denied") => {
            lost.push(Loss {
                what: "statistics of all columns".to_owned(),
                why: format!("{refusal}: give the role `pg_read_all_data`"),
            });
            return Ok(Vec::new());
        }
        Err(_) => one_by_one(reading, relations, query).await?,
    };
    let statistics = rows.iter().filter_map(|row| {
        let column = match text(row, 5).as_str() {
            "i" | "I" => Column::Number(number(row, 1)),
            _ => Column::Name(text(row, 2)),
        };
        Some(Statistics {
            relation: *relations.places.get(&number(row, 0))?,
            column,
            inherited: is_true(row, 3),
            figures: figures(row, 6, types, number(row, 4)),
        })
    });
    let mut statistics: Vec<Statistics> = statistics.collect();
    statistics.sort_by_key(|statistics| statistics.relation);
    Ok(statistics)
}

async fn one_by_one(
    reading: &Reading<'_>,
    relations: &Relations,
    query: impl Fn(&str, bool) -> String,
) -> Result<Vec<Row>, Refusal> {
    let mut rows = Vec::new();
    for relation in relations.places.keys() {
        let filter = format!("AND s.starelid = {relation}");
        if let Ok(answers) = reading.attempt(&query(&filter, true)).await? {
            rows.extend(answers.into_iter().flatten());
            continue;
        }
        for row in reading.rows(&query(&filter, false)).await? {
            let filter = format!(
                "{filter} AND s.staattnum = {} AND s.stainherit = '{}'",
                text(&row, 1),
                text(&row, 3)
            );
            match reading.attempt(&query(&filter, true)).await? {
                Ok(answers) => rows.extend(answers.into_iter().flatten()),
                Err(_) => rows.push(row),
            }
        }
    }
    Ok(rows)
}

/// Statistics over several columns, and the labels of enumerations that are in them.
pub(super) async fn extended(
    reading: &Reading<'_>,
    version: u32,
    types: &Types,
    lost: &mut Vec<Loss>,
) -> Result<(Vec<Extended>, Vec<Label>), Refusal> {
    // Before 15 there was one row for both, of whatever was analysed.
    let inherit = if version >= 150_000 { "d.stxdinherit" } else { "false" };
    let query = format!(
        "SELECT d.stxoid, n.nspname, e.stxname, {inherit}, d.stxdndistinct::bytea::text, \
         d.stxddependencies::bytea::text, d.stxdmcv::bytea::text, d.stxdexpr IS NOT NULL, \
         (SELECT string_agg(a.attnum || ' ' || encode(convert_to(a.attname::text, 'UTF8'), 'hex'), ',' ORDER BY k.place) \
          FROM unnest(e.stxkeys) WITH ORDINALITY k(number, place) \
          JOIN pg_attribute a ON a.attrelid = e.stxrelid AND a.attnum = k.number) \
         FROM pg_statistic_ext_data d JOIN pg_statistic_ext e ON e.oid = d.stxoid \
         JOIN pg_namespace n ON n.oid = e.stxnamespace ORDER BY n.nspname, e.stxname, 4; \
         SELECT d.stxoid, {inherit}, s IS NULL, {} FROM pg_statistic_ext_data d, \
         unnest(d.stxdexpr) WITH ORDINALITY AS s(starelid, staattnum, stainherit, stanullfrac, stawidth, stadistinct, \
         stakind1, stakind2, stakind3, stakind4, stakind5, staop1, staop2, staop3, staop4, staop5, stacoll1, stacoll2, \
         stacoll3, stacoll4, stacoll5, stanumbers1, stanumbers2, stanumbers3, stanumbers4, stanumbers5, stavalues1, \
         stavalues2, stavalues3, stavalues4, stavalues5, place) ORDER BY 1, 2, s.place",
        list(true)
    );
    let answers = match reading.attempt(&query).await? {
        Ok(answers) => answers,
        Err(refusal) => {
            lost.push(Loss {
                what: "statistics over several columns".to_owned(),
                why: format!("{refusal}: give the role `pg_read_all_data`"),
            });
            return Ok((Vec::new(), Vec::new()));
        }
    };
    let mut expressions: BTreeMap<(u32, bool), Vec<Option<Figures>>> = BTreeMap::new();
    for row in answers.get(1).into_iter().flatten() {
        // A row of nothing: the expression could not be analysed.
        let found = row.get(3).is_some_and(Option::is_some).then(|| figures(row, 3, types, 0));
        expressions.entry((number(row, 0), is_true(row, 1))).or_default().push(found);
    }
    let mut enumerations = Vec::new();
    let mut all = Vec::new();
    for row in answers.first().into_iter().flatten() {
        let common = bytes(row, 6).and_then(|bytes| {
            let numbers = dimensions(&bytes)?;
            enumerations.extend_from_slice(&numbers);
            let names = numbers.iter().map(|number| types.name(*number).cloned()).collect::<Option<_>>()?;
            Some((bytes, names))
        });
        all.push(Extended {
            schema: text(row, 1),
            name: text(row, 2),
            inherited: is_true(row, 3),
            columns: text(row, 8).split(',').filter_map(column).collect(),
            distinct: bytes(row, 4),
            dependencies: bytes(row, 5),
            common,
            expressions: expressions.remove(&(number(row, 0), is_true(row, 3))),
        });
    }
    Ok((all, labels(reading, types, &enumerations).await?))
}

/// `3 6e616d65`: a column's number and its name.
fn column(text: &str) -> Option<(i16, String)> {
    let (number, name) = text.split_once(' ')?;
    let name = bytes(&vec![Some(format!("\\x{name}"))], 0)?;
    Some((number.parse().ok()?, String::from_utf8(name).ok()?))
}

/// The types of a list of combinations: behind three numbers and the count of them.
fn dimensions(list: &[u8]) -> Option<Vec<u32>> {
    let count = u16::from_le_bytes(list.get(12..14)?.try_into().ok()?);
    let number = |at: usize| Some(u32::from_le_bytes(list.get(14 + 4 * at..18 + 4 * at)?.try_into().ok()?));
    (0..usize::from(count)).map(number).collect()
}

async fn labels(reading: &Reading<'_>, types: &Types, of: &[u32]) -> Result<Vec<Label>, Refusal> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let of: Vec<String> = of.iter().map(u32::to_string).collect();
    let query = format!(
        "SELECT oid, enumtypid, enumlabel FROM pg_enum WHERE enumtypid IN ({}) ORDER BY enumtypid, enumsortorder",
        of.join(", ")
    );
    let rows = reading.rows(&query).await?;
    let label = |row: &Row| {
        Some(Label { of: types.name(number(row, 1))?.clone(), label: text(row, 2), number: number(row, 0) })
    };
    Ok(rows.iter().filter_map(label).collect())
}
