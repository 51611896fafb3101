//! What each parameter of a statement is for: what it is compared with, where it is written, how many rows it asks for.
//!
//! Comparisons are read from the plan of any values, where PostgreSQL has resolved names and types (`compared.rs`);
//! what is written and limited from the text, because a plan does not say it (`written.rs`).

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::compared::Reader;
use super::role::Role;
use super::written::of_text;
use crate::catalogue::Catalogue;

/// The roles of a statement's parameters, by number. `plan` is the topmost node of its plan of any values, in which the
/// parameters are called by their places in `numbers`, from 1.
pub fn roles(text: &str, numbers: &[u32], plan: &Json, catalogue: &Catalogue) -> BTreeMap<u32, Role> {
    let mut reader = Reader::new(catalogue);
    reader.read(plan);
    let own = |number: u32| numbers.get(number.checked_sub(1)? as usize).copied();
    let mut roles: BTreeMap<u32, Role> = reader
        .found
        .into_iter()
        .filter_map(|(number, (_, compared))| Some((own(number)?, Role::Compared(compared))))
        .collect();
    of_text(text, reader.written.map(|table| (table, catalogue)), &mut roles);
    roles
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::role::Compared;
    use super::*;
    use crate::catalogue::{Column, Table};

    fn catalogue() -> Catalogue {
        let columns =
            ["id", "at", "place", "note"].map(|name| Column { name: name.to_owned(), ..Column::default() });
        let table = Table {
            schema: "public".to_owned(),
            name: "t".to_owned(),
            kind: 'r',
            columns: columns.into(),
            ..Table::default()
        };
        Catalogue { tables: vec![table], ..Catalogue::default() }
    }

    fn scan(condition: &str) -> Json {
        json!({"Node Type": "Seq Scan", "Schema": "public", "Relation Name": "t", "Alias": "x", "Filter": condition})
    }

    fn write() -> Json {
        json!({"Node Type": "ModifyTable", "Schema": "public", "Relation Name": "t", "Alias": "t"})
    }

    fn said(text: &str, plan: &Json) -> Vec<String> {
        let count = loadline_pg::ghost::parameters(text);
        let numbers: Vec<u32> = (1..=count).collect();
        let roles = roles(text, &numbers, plan, &catalogue());
        let word = |role: &Role| match role {
            Role::Compared(Compared { key, operator, is_list, nth, is_direct, .. }) => {
                let of = if nth.1 > 1 { format!(" {} of {}", nth.0 + 1, nth.1) } else { String::new() };
                let list = if *is_list { " ANY" } else { "" };
                format!("{}{key} {operator}{list}{of}", if *is_direct { "" } else { "~ " })
            }
            Role::Written { column, is_new, .. } => {
                format!("{column} {}", if *is_new { "new" } else { "set" })
            }
            Role::Limit => "limit".to_owned(),
            Role::Offset => "offset".to_owned(),
            Role::Other => "other".to_owned(),
        };
        roles.values().map(word).collect()
    }

    #[test]
    fn what_is_compared_is_read_from_the_plan() {
        for (condition, expected) in [
            ("(x.id = $1)", "id ="),
            ("($1 <= x.id)", "id >="),
            ("(lower(x.note) = lower($1))", "~ lower(note) ="),
            ("(lower(x.note) = $1)", "~ lower(note) ="),
            ("(x.id = lower($1))", "~ id ="),
            // What says more of its values goes before what comes first.
            ("((x.id > ($1 + 3)) AND (x.at = $1))", "at ="),
            ("(x.id = ANY ($1))", "id = ANY"),
            ("($1 = ANY (x.note))", "~ note ="),
            ("(x.id <> ALL ($1))", "~ id <> ANY"),
            ("((x.note)::text ~~ $1)", "note ~~"),
            ("($1 ~~ (x.note)::text)", "~ note ~~"),
            ("st_dwithin(x.place, $1, '5'::double precision, true)", "~ place &&"),
            ("((x.id + $1) = 3)", "other"),
        ] {
            assert_eq!(said("SELECT $1", &scan(condition)), [expected], "{condition}");
        }
    }

    #[test]
    fn what_is_written_and_limited_is_read_from_the_text() {
        for (text, expected) in [
            (
                "INSERT INTO t (note, id) VALUES ($1, $2), (lower($3), $4)",
                vec!["note new", "id new", "other", "id new"],
            ),
            ("INSERT INTO public.t VALUES ($1, now(), $2::geography)", vec!["id new", "place new"]),
            ("INSERT INTO t (id) SELECT $1 FROM t WHERE at > $2", vec!["id new", "other"]),
            (
                "INSERT INTO t (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET note = $2, \"at\" = $3",
                vec!["id new", "note set", "at set"],
            ),
            ("UPDATE t SET note = $1 WHERE id = $2", vec!["note set", "other"]),
        ] {
            assert_eq!(said(text, &write()), expected, "{text}");
        }
        let listed = said("SELECT $1, $2", &scan("(x.id = ANY (ARRAY[$1, $2]))"));
        assert_eq!(listed, ["id = 1 of 2", "id = 2 of 2"]);
        let text = "SELECT 1 FROM t ORDER BY id OFFSET $1 ROWS FETCH FIRST ($2::bigint) ROWS ONLY";
        assert_eq!(said(text, &scan("")), ["offset", "limit"]);
        assert_eq!(said("SELECT 1 FROM t LIMIT $1", &scan("")), ["limit"]);
    }
}
