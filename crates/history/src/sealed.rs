//! Rows that know when they were damaged.
//!
//! SQLite has no checksums: a bit that flips on the disk makes a run one of another kind, or moves a figure. So every
//! row that bears meaning carries a seal, a checksum over its table and all its columns, keys included. It is made
//! where the row is written and checked where the row is read, and a row whose seal does not match gives no value to
//! anybody: it is told by name. The same holds in PostgreSQL, whose checksums are off by default.
//!
//! A row that is gone has no seal to tell of it. So each row has a parent that counts it: a run says how many pieces
//! there are of it and which figures it has, a baseline its runs, and the [`census`](crate::census) which runs and
//! baselines there are. Because columns can be damaged, no query chooses by one: rows are read, checked, and chosen
//! then.
//!
//! To seal a new table:
//!
//! 1. Describe it in `tables.rs`, keys first; `since` is the version of the schema that has it. A table that is new has
//!    nothing in `unsealed`.
//! 2. Make it in the schema's next step with all its columns and `seal BIGINT NOT NULL`.
//! 3. Write rows with [`Sealed::insert`] and [`Sealed::replace`] alone, and read them with [`Sealed::read`]. Choose
//!    rows by [`SealedRow::whole`], never with a `WHERE` of anything but keys.
//! 4. Say where a missing row is noticed: in a column of a row that is sealed itself (as `figures` of a run), or by
//!    entering its key in the census.
//! 5. Add the table to `tests/it/flips.rs`, which turns over each bit of each value of it.
//!
//! A column that comes later ([`later`]) has to be `''` or `0` by default: what is empty is not part of the seal, so
//! that the rows that are there keep theirs.

use sha2::{Digest, Sha256};

use crate::database::{Database, Fault, Value};

/// The version since which rows are sealed.
pub(crate) const SEALED: i64 = 3;

/// The version that has acceptances.
pub(crate) const ACCEPTING: i64 = 5;

/// A table whose rows are sealed.
pub(crate) struct Sealed {
    /// Its name.
    pub(crate) table: &'static str,
    /// The version of the schema since which its rows have seals.
    pub(crate) since: i64,
    /// The table that had them before.
    pub(crate) unsealed: Option<&'static str>,
    /// All columns but the seal, keys first.
    pub(crate) columns: &'static [Column],
}

/// A column.
pub(crate) struct Column {
    name: &'static str,
    /// The version of the schema since which it is there.
    since: i64,
    /// What stood for it before, of the table `t`.
    before: &'static str,
}

/// A column that was there from the first.
pub(crate) const fn column(name: &'static str) -> Column {
    Column { name, since: 0, before: "" }
}

/// A column that is there, or means this, since a version.
pub(crate) const fn later(name: &'static str, since: i64, before: &'static str) -> Column {
    Column { name, since, before }
}

/// A row as it was found.
pub(crate) struct SealedRow {
    cells: Vec<Value>,
    is_whole: bool,
}

impl SealedRow {
    /// Its cells, if they are those that were written.
    pub(crate) fn whole(self) -> Option<Vec<Value>> {
        self.is_whole.then_some(self.cells)
    }

    /// A cell as it is found, right or wrong: to say which row is damaged.
    pub(crate) fn found(&self, column: usize) -> Option<&Value> {
        self.cells.get(column)
    }
}

impl Sealed {
    /// The rows; `rest` follows the table, whose name is `t`. Before `since` nothing is checked.
    pub(crate) fn read(
        &self,
        database: &mut dyn Database,
        version: i64,
        rest: &str,
        parameters: &[Value],
    ) -> Result<Vec<SealedRow>, Fault> {
        let sealed = version >= self.since;
        let Some(table) = (if sealed { Some(self.table) } else { self.unsealed }) else {
            return Ok(Vec::new());
        };
        let columns: Vec<String> = self.columns.iter().map(|column| column.in_version(version)).collect();
        let seal = if sealed { ", t.seal" } else { "" };
        let sql = format!("SELECT {}{seal} FROM {table} t {rest}", columns.join(", "));
        let rows = database.query(&sql, parameters)?.into_iter().map(|mut cells| {
            let seal = if sealed { cells.pop() } else { None };
            let is_whole = !sealed || seal == Some(Value::Int(self.seal(&cells)));
            SealedRow { cells, is_whole }
        });
        Ok(rows.collect())
    }

    /// Adds a row; `conflict` follows the values. Gives the number of rows that are there for it.
    pub(crate) fn insert(
        &self,
        database: &mut dyn Database,
        cells: &[Value],
        conflict: &str,
    ) -> Result<u64, Fault> {
        let places: Vec<String> = (1..=cells.len() + 1).map(|number| format!("${number}")).collect();
        let sql = format!(
            "INSERT INTO {} ({}, seal) VALUES ({}) {conflict}",
            self.table,
            self.names(),
            places.join(", ")
        );
        database.execute(&sql, &self.with_seal(cells))
    }

    /// Writes all columns of the row with these keys, of which there are so many. False when there is none.
    pub(crate) fn replace(
        &self,
        database: &mut dyn Database,
        cells: &[Value],
        keys: usize,
    ) -> Result<bool, Fault> {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).chain(["seal"]).collect();
        let equal = |(position, name): (usize, &&str)| format!("{name} = ${}", position + 1);
        let set: Vec<String> = names.iter().enumerate().skip(keys).map(equal).collect();
        let of: Vec<String> = names.iter().enumerate().take(keys).map(equal).collect();
        let sql = format!("UPDATE {} SET {} WHERE {}", self.table, set.join(", "), of.join(" AND "));
        Ok(database.execute(&sql, &self.with_seal(cells))? > 0)
    }

    /// Seals rows as they are: of a history that had no seals.
    pub(crate) fn seal_all(
        &self,
        database: &mut dyn Database,
        keys: usize,
        rest: &str,
        parameters: &[Value],
    ) -> Result<(), Fault> {
        let of: Vec<String> = self.columns.iter().take(keys).map(|column| column.name.to_owned()).collect();
        let of: Vec<String> =
            of.iter().enumerate().map(|(position, name)| format!("{name} = ${}", position + 2)).collect();
        let sql = format!("UPDATE {} SET seal = $1 WHERE {}", self.table, of.join(" AND "));
        for SealedRow { cells, .. } in self.read(database, self.since, rest, parameters)? {
            let seal = Value::Int(self.seal(&cells));
            let given: Vec<Value> = [seal].into_iter().chain(cells.into_iter().take(keys)).collect();
            database.execute(&sql, &given)?;
        }
        Ok(())
    }

    /// The columns but the seal, in order.
    pub(crate) fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        names.join(", ")
    }

    fn with_seal(&self, cells: &[Value]) -> Vec<Value> {
        cells.iter().cloned().chain([Value::Int(self.seal(cells))]).collect()
    }

    /// The first 64 bits of SHA-256 over the table's name and each cell that is not empty, with its column.
    pub(crate) fn seal(&self, cells: &[Value]) -> i64 {
        let mut hasher = Sha256::new();
        let mut part = |kind: u8, bytes: &[u8]| {
            hasher.update([kind]);
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(0, self.table.as_bytes());
        for (column, cell) in self.columns.iter().zip(cells) {
            if *cell == Value::Int(0) || matches!(cell, Value::Text(text) if text.is_empty()) {
                continue;
            }
            part(1, column.name.as_bytes());
            match cell {
                Value::Int(int) => part(2, &int.to_le_bytes()),
                // SQLite keeps no sign of a zero.
                Value::Real(real) => part(3, &(real + 0.0).to_le_bytes()),
                Value::Text(text) => part(4, text.as_bytes()),
                Value::Bytes(bytes) => part(5, bytes),
                Value::Nothing => part(6, &[]),
            }
        }
        let hash = hasher.finalize();
        hash.iter().take(8).fold(0, |seal, byte| seal << 8 | i64::from(*byte))
    }
}

impl Column {
    fn in_version(&self, version: i64) -> String {
        if version >= self.since { format!("t.{}", self.name) } else { self.before.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    static TABLE: Sealed = Sealed {
        table: "loadline_tests",
        since: 1,
        unsealed: None,
        columns: &[column("one"), column("two"), later("three", 2, "''")],
    };

    fn cell() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<i64>().prop_map(Value::Int),
            any::<f64>().prop_filter("a figure", |real| real.is_finite()).prop_map(Value::Real),
            ".*".prop_map(Value::Text),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        ]
    }

    /// The value with one bit turned over; text that is none any more is read as bytes.
    fn flipped(cell: &Value, bit: usize) -> Option<Value> {
        let flip = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let bit = bit % (bytes.len() * 8).max(1);
            *bytes.get_mut(bit / 8)? ^= 1 << (bit % 8);
            Some(bytes)
        };
        Some(match cell {
            Value::Int(int) => Value::Int(int ^ 1 << (bit % 64)),
            Value::Real(real) => Value::Real(f64::from_bits(real.to_bits() ^ 1 << (bit % 64))),
            Value::Text(text) => match String::from_utf8(flip(text.as_bytes())?) {
                Ok(text) => Value::Text(text),
                Err(error) => Value::Bytes(error.into_bytes()),
            },
            Value::Bytes(bytes) => Value::Bytes(flip(bytes)?),
            Value::Nothing => return None,
        })
    }

    #[test]
    fn a_column_that_comes_later_leaves_the_seals_as_they_are() {
        let row = [Value::Int(7), "text".into(), "".into()];
        assert_eq!(TABLE.seal(&row), TABLE.seal(&row[..2]));
        assert_ne!(TABLE.seal(&row), TABLE.seal(&["text".into(), Value::Int(7)]));
        assert_eq!(TABLE.seal(&[Value::Real(-0.0)]), TABLE.seal(&[Value::Real(0.0)]));
    }

    proptest! {
        #[test]
        fn any_bit_that_flips_breaks_the_seal(
            cells in [cell(), cell(), cell()],
            at in 0..3_usize,
            bit in any::<usize>(),
        ) {
            let Some(other) = flipped(&cells[at], bit) else { return Ok(()) };
            // The sign of a zero is none of its bits.
            prop_assume!(other != cells[at]);
            let mut damaged = cells.clone();
            damaged[at] = other;
            prop_assert_ne!(TABLE.seal(&cells), TABLE.seal(&damaged));
        }

        #[test]
        fn values_do_not_change_places_unnoticed(cells in [cell(), cell(), cell()]) {
            let [one, two, three] = cells.clone();
            prop_assume!(one != two);
            prop_assert_ne!(TABLE.seal(&cells), TABLE.seal(&[two, one, three]));
        }
    }
}
