//! What the tables and columns of a ghost are called.

use std::collections::BTreeMap;

use tokio_postgres::SimpleQueryMessage;

use super::connect::{Session, explain};
use crate::migration::Names;

const RELATIONS: &str = "\
SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
WHERE c.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'm', 'i', 'I')";
const COLUMNS: &str = "\
SELECT attrelid, attnum, attname, TYPE FROM pg_catalog.pg_attribute \
WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped";
/// What tells types of one database apart, whatever they are called.
pub(super) const BY_NUMBER: &str = "atttypid::text";
/// What types of several databases have in common.
pub(super) const BY_NAME: &str = "pg_catalog.format_type(atttypid, NULL)";

/// All names, with types as `of` has them.
pub(super) async fn names(session: &Session, of: &str) -> Result<Names, String> {
    let mut names = Names::default();
    for row in rows(session, RELATIONS).await? {
        if let Ok(number) = row[0].parse() {
            names.relations.insert(number, (row[1].clone(), row[2].clone()));
        }
    }
    for row in rows(session, &COLUMNS.replace("TYPE", of)).await? {
        if let (Ok(relation), Ok(number)) = (row[0].parse(), row[1].parse()) {
            names.columns.insert((relation, number), (row[2].clone(), row[3].clone()));
        }
    }
    Ok(names)
}

/// Rows of a query, empty where a value is null.
pub(super) async fn rows(session: &Session, query: &str) -> Result<Vec<Vec<String>>, String> {
    let messages = session.simple_query(query).await.map_err(|error| explain(&error))?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect())
        }
        _ => None,
    });
    Ok(rows.collect())
}

/// Names of `now` with the numbers that the same names have in `before`, so that what is called the same is the same:
/// two databases number their tables each by themselves.
pub(super) fn called_the_same(before: &Names, now: &Names) -> Names {
    let numbers: BTreeMap<&(String, String), u32> =
        before.relations.iter().map(|(number, name)| (name, *number)).collect();
    let mut next = before.relations.keys().next_back().map_or(0, |last| last + 1);
    let mut same = Names::default();
    for (number, name) in &now.relations {
        let own = numbers.get(name).copied().unwrap_or_else(|| {
            next += 1;
            next
        });
        same.relations.insert(own, name.clone());
        let then = before.columns.range((own, i16::MIN)..=(own, i16::MAX));
        let then: BTreeMap<&str, i16> = then.map(|((_, place), (name, _))| (name.as_str(), *place)).collect();
        for ((_, place), column) in now.columns.range((*number, i16::MIN)..=(*number, i16::MAX)) {
            // A table has 1,600 columns at the most, so that a new one is none that was there.
            let place = then.get(column.0.as_str()).copied().unwrap_or(i16::MAX - place);
            same.columns.insert((own, place), column.clone());
        }
    }
    same
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A relation's number, its name, and names and types of its columns.
    type Called<'a> = (u32, &'a str, &'a [(&'a str, &'a str)]);

    fn names(relations: &[Called<'_>]) -> Names {
        let mut names = Names::default();
        for (number, name, columns) in relations {
            names.relations.insert(*number, ("s".to_owned(), (*name).to_owned()));
            for (place, (column, of)) in (1..).zip(*columns) {
                names.columns.insert((*number, place), ((*column).to_owned(), (*of).to_owned()));
            }
        }
        names
    }

    #[test]
    fn numbers_go_by_names() {
        let before = names(&[(7, "a", &[("x", "integer"), ("y", "text")]), (9, "b", &[("z", "text")])]);
        let now =
            names(&[(7, "b", &[("z", "text")]), (8, "c", &[]), (9, "a", &[("new", "text"), ("y", "text")])]);
        let same = called_the_same(&before, &now);
        let name = |number| same.relations.get(&number).map(|name| name.1.as_str());
        assert_eq!((name(7), name(9), same.relations.len()), (Some("a"), Some("b"), 3));
        assert_eq!(same.columns.get(&(7, 2)), before.columns.get(&(7, 2)));
        assert_eq!(same.columns.get(&(9, 1)), before.columns.get(&(9, 1)));
        // One that is new, or gone, has no number of before.
        assert_eq!((same.columns.contains_key(&(7, 1)), same.columns.len()), (false, 3));
    }
}
