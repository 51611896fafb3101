//! What each parameter of a statement is for: what it is compared with, where it is written, how many rows it asks for.
//!
//! Comparisons are read from the plan of any values, where PostgreSQL has resolved names and types; what is written and
//! limited from the text, because a plan does not say it.

use std::collections::HashMap;

use loadline_pg::shape::{Kind, Token, Tokens};
use serde_json::Value as Json;

use super::binding::place;
use crate::catalogue::Catalogue;
use crate::predicate::{Condition, Operand};

/// What a parameter is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// A column or an expression of a table is compared with it, or with something that is made of it.
    Compared {
        /// The table, by its place in the catalogue.
        table: usize,
        /// The column or the expression, as it would stand in an index.
        key: String,
        /// The operator, with the key at its left: `=`, `<`, `~~`, `@>`; that of a function is `&&`.
        operator: String,
    },
    /// It becomes the value of a column.
    Written {
        /// The table, by its place in the catalogue.
        table: usize,
        /// The column.
        column: String,
        /// Whether the row is a new one.
        is_new: bool,
    },
    /// So many rows are asked for.
    Limit,
    /// So many rows are passed over.
    Offset,
    /// Something else.
    #[default]
    Other,
}

/// The roles of a statement's parameters, `$1` first. `plan` is the topmost node of its plan of any values.
pub fn roles(text: &str, count: usize, plan: &Json, catalogue: &Catalogue) -> Vec<Role> {
    let mut roles = vec![Role::Other; count];
    let mut reader = Reader { catalogue, tables: HashMap::new(), written: None, roles: &mut roles };
    reader.aliases(plan);
    reader.node(plan);
    let written = reader.written;
    of_text(text, written.map(|table| (table, catalogue)), &mut roles);
    roles
}

struct Reader<'c> {
    catalogue: &'c Catalogue,
    tables: HashMap<String, usize>,
    written: Option<usize>,
    roles: &'c mut Vec<Role>,
}

const CONDITIONS: [&str; 8] = [
    "Filter",
    "Index Cond",
    "Recheck Cond",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "One-Time Filter",
    "Order By",
];

fn word<'v>(node: &'v Json, key: &str) -> &'v str {
    node.get(key).and_then(Json::as_str).unwrap_or_default()
}

fn below(node: &Json) -> impl Iterator<Item = &Json> {
    node.get("Plans").and_then(Json::as_array).into_iter().flatten()
}

impl Reader<'_> {
    fn aliases(&mut self, node: &Json) {
        if let Some(table) = self.catalogue.table(word(node, "Schema"), word(node, "Relation Name")) {
            let table = self.catalogue.root(table);
            if word(node, "Node Type") == "ModifyTable" {
                self.written.get_or_insert(table);
            } else {
                self.tables.insert(word(node, "Alias").to_owned(), table);
            }
        }
        below(node).for_each(|node| self.aliases(node));
    }

    fn node(&mut self, node: &Json) {
        for text in CONDITIONS.iter().map(|key| word(node, key)).filter(|text| text.contains('$')) {
            self.condition(&Condition::parse(text));
        }
        for key in node.get("Sort Key").and_then(Json::as_array).into_iter().flatten() {
            if let Some(text) = key.as_str().filter(|text| text.contains('$')) {
                self.condition(&Condition::parse(text));
            }
        }
        below(node).for_each(|node| self.node(node));
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::All(all) | Condition::Any(all) => all.iter().for_each(|one| self.condition(one)),
            Condition::Not(one) => self.condition(one),
            Condition::Null(..) => {}
            Condition::Holds(operand) => {
                let Some((_, arguments)) = &operand.call else { return };
                let arguments: Vec<Operand> = arguments.iter().map(|text| Operand::parse(text)).collect();
                let key = arguments.iter().find(|argument| argument.alias().is_some());
                for argument in &arguments {
                    if let Some(key) = key {
                        self.compared(key, "&&", argument);
                    }
                }
            }
            Condition::Compare(left, operator, right, list) => {
                let is_list = if list.is_some() { " ANY" } else { "" };
                self.compared(left, &format!("{operator}{is_list}"), right);
                self.compared(right, turned(operator), left);
            }
        }
    }

    fn compared(&mut self, key: &Operand, operator: &str, other: &Operand) {
        let Some(table) = key.alias().and_then(|alias| self.tables.get(alias)).copied() else { return };
        if key.whole.contains('$') {
            return;
        }
        let text = key.column.as_ref().map_or_else(|| key.text.clone(), |(_, column, _)| column.clone());
        let role = Role::Compared { table, key: text, operator: operator.to_owned() };
        for token in Tokens::of(&other.whole).filter(|token| token.kind == Kind::Parameter) {
            if let Some(place) = place(&other.whole[token.range])
                && let Some(of @ Role::Other) = self.roles.get_mut(place)
            {
                *of = role.clone();
            }
        }
    }
}

fn turned(operator: &str) -> &str {
    match operator {
        "<" => ">",
        ">" => "<",
        "<=" => ">=",
        ">=" => "<=",
        "@>" => "<@",
        "<@" => "@>",
        other => other,
    }
}

/// What the text says of parameters that no condition has.
fn of_text(text: &str, written: Option<(usize, &Catalogue)>, roles: &mut [Role]) {
    let tokens: Vec<Token> =
        Tokens::of(text).filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment)).collect();
    let is = |at: usize, word: &str| {
        tokens.get(at).is_some_and(|token| text[token.range.clone()].eq_ignore_ascii_case(word))
    };
    let mut list = written.and_then(|(table, catalogue)| inserted(text, &tokens, table, catalogue));
    let (mut depth, mut sets, mut item) = (0_usize, false, 0_usize);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign('(') => depth += 1,
            Kind::Sign(')') => depth = depth.saturating_sub(1),
            Kind::Word if is(at, "set") => sets = true,
            Kind::Word if depth == 0 && (is(at, "where") || is(at, "returning") || is(at, "from")) => {
                (sets, list) = (false, list.filter(|list| at < list.from));
            }
            Kind::Word if depth == 0 && is(at, "conflict") => list = None,
            _ => {}
        }
        let at_item = list.as_ref().filter(|list| at >= list.from && depth == list.depth);
        if at_item.is_some() {
            match token.kind {
                Kind::Sign('(') => item = 0,
                Kind::Sign(',') => item += 1,
                _ => {}
            }
        }
        let Some(place) =
            (token.kind == Kind::Parameter).then(|| place(&text[token.range.clone()])).flatten()
        else {
            continue;
        };
        let Some(role @ Role::Other) = roles.get_mut(place) else { continue };
        let back = |by: usize, word: &str| at >= by && is(at - by, word);
        let after = usize::from(back(1, "(")) + 1;
        if back(after, "limit") || back(after, "first") || back(after, "next") {
            *role = Role::Limit;
        } else if back(after, "offset") {
            *role = Role::Offset;
        } else if let Some((list, (table, _))) = at_item.zip(written)
            && let Some(column) = list.columns.get(item)
        {
            *role = Role::Written { table, column: column.clone(), is_new: true };
        } else if sets
            && depth == 0
            && back(1, "=")
            && let Some((table, catalogue)) = written
            && let Some(name) = at.checked_sub(2).map(|at| unquoted(&text[tokens[at].range.clone()]))
            && catalogue.tables[table].column(&name).is_some()
        {
            *role = Role::Written { table, column: name, is_new: false };
        }
    }
}

/// The values of an `INSERT`.
struct List {
    columns: Vec<String>,
    /// The token that they begin behind.
    from: usize,
    /// How many parentheses deep they are.
    depth: usize,
}

fn inserted(text: &str, tokens: &[Token], table: usize, catalogue: &Catalogue) -> Option<List> {
    let is = |at: usize, word: &str| {
        tokens.get(at).is_some_and(|token| text[token.range.clone()].eq_ignore_ascii_case(word))
    };
    let into = (0..tokens.len()).find(|at| is(*at, "insert") && is(at + 1, "into"))?;
    let from = (into..tokens.len()).find(|at| is(*at, "values") || is(*at, "select"))?;
    let named = (into..from).find(|at| is(*at, "(")).map(|open| {
        let names = (open + 1..from).take_while(|at| !is(*at, ")")).filter(|at| !is(*at, ","));
        names.map(|at| unquoted(&text[tokens[at].range.clone()])).collect()
    });
    let all = || catalogue.tables[table].columns.iter().map(|column| column.name.clone()).collect();
    Some(List { columns: named.unwrap_or_else(all), from, depth: usize::from(is(from, "values")) })
}

fn unquoted(word: &str) -> String {
    match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
        Some(word) => word.replace("\"\"", "\""),
        None => word.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
        let count = loadline_pg::ghost::parameters(text) as usize;
        let roles = roles(text, count, plan, &catalogue());
        let word = |role: &Role| match role {
            Role::Compared { key, operator, .. } => format!("{key} {operator}"),
            Role::Written { column, is_new, .. } => {
                format!("{column} {}", if *is_new { "new" } else { "set" })
            }
            Role::Limit => "limit".to_owned(),
            Role::Offset => "offset".to_owned(),
            Role::Other => "other".to_owned(),
        };
        roles.iter().map(word).collect()
    }

    #[test]
    fn what_is_compared_is_read_from_the_plan() {
        for (condition, expected) in [
            ("(x.id = $1)", "id ="),
            ("($1 <= x.id)", "id >="),
            ("(lower(x.note) = lower($1))", "lower(note) ="),
            ("(x.id = ANY ($1))", "id = ANY"),
            ("((x.note)::text ~~ $1)", "note ~~"),
            ("st_dwithin(x.place, $1, '5'::double precision, true)", "place &&"),
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
        let text = "SELECT 1 FROM t ORDER BY id OFFSET $1 ROWS FETCH FIRST ($2::bigint) ROWS ONLY";
        assert_eq!(said(text, &scan("")), ["offset", "limit"]);
        assert_eq!(said("SELECT 1 FROM t LIMIT $1", &scan("")), ["limit"]);
    }
}
