//! What a statement's text says of parameters that no condition of its plan has: what is written, and how many rows are
//! asked for.

use std::collections::BTreeMap;

use loadline_pg::shape::{Kind, Token, Tokens};

use super::role::Role;
use super::text::number;
use crate::catalogue::Catalogue;

/// What the text says of parameters that no condition has.
pub(super) fn of_text(text: &str, written: Option<(usize, &Catalogue)>, roles: &mut BTreeMap<u32, Role>) {
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
        let Some(parameter) =
            (token.kind == Kind::Parameter).then(|| number(&text[token.range.clone()])).flatten()
        else {
            continue;
        };
        let role @ Role::Other = roles.entry(parameter).or_default() else { continue };
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
