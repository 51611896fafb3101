//! The text of `pg_dump --schema-only`, cut into pieces that have a name each.
//!
//! Each piece is restored by itself, so that what a ghost cannot have is told by its name and takes nothing else along.
//! The dump's own headings part it, and only those that stand outside of every quote: a function's body may hold
//! anything.

use super::model::Piece;
use crate::shape::{Kind, Tokens};

/// What a ghost has no use for, or must not have: what reaches out, what runs by itself, what can hold a password.
const LEFT_OUT: [&str; 15] = [
    "EXTENSION",
    "COMMENT",
    "ACL",
    "DEFAULT ACL",
    "SECURITY LABEL",
    "DATABASE",
    "DATABASE PROPERTIES",
    "USER MAPPING",
    "SUBSCRIPTION",
    "SUBSCRIPTION TABLE",
    "PUBLICATION",
    "PUBLICATION TABLE",
    "PUBLICATION TABLES IN SCHEMA",
    "EVENT TRIGGER",
    "SEQUENCE SET",
];

/// The pieces of a dump, without those that a portrait does not carry.
///
/// ```
/// let dump = "--\n-- Name: t; Type: TABLE; Schema: public; Owner: -\n--\n\nCREATE TABLE public.t (a integer);\n";
/// let pieces = loadline_pg::portrait::pieces(dump);
/// assert_eq!((pieces[0].kind.as_str(), pieces[0].name.as_str()), ("TABLE", "t"));
/// assert_eq!(pieces[0].text, "CREATE TABLE public.t (a integer);");
/// assert!(loadline_pg::portrait::pieces("no dump").is_empty());
/// ```
pub fn pieces(dump: &str) -> Vec<Piece> {
    let dump = without_meta_commands(dump);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut text_from = None;
    let close = |pieces: &mut Vec<Piece>, from: Option<usize>, to: usize| {
        if let (Some(from), Some(piece)) = (from, pieces.last_mut()) {
            dump[from..to].trim().clone_into(&mut piece.text);
        }
    };
    for token in Tokens::of(&dump) {
        if token.kind != Kind::Comment {
            continue;
        }
        let comment = &dump[token.range.clone()];
        if let Some(piece) = comment.strip_prefix("-- Name: ").and_then(heading) {
            close(&mut pieces, text_from, token.range.start);
            pieces.push(piece);
            text_from = Some(token.range.end);
        } else if comment.trim_end() == "-- PostgreSQL database dump complete" {
            close(&mut pieces, text_from, token.range.start);
            text_from = None;
        }
    }
    close(&mut pieces, text_from, dump.len());
    for piece in &mut pieces {
        piece.text = without_rules(&piece.text);
    }
    pieces.retain(|piece| !LEFT_OUT.contains(&piece.kind.as_str()) && !piece.text.is_empty());
    pieces
}

/// `t; Type: TABLE; Schema: public; Owner: -`: names may hold semicolons, so the fields are looked for from the end.
fn heading(text: &str) -> Option<Piece> {
    let (text, _) = text.trim_end().rsplit_once("; Owner: ")?;
    let (text, schema) = text.rsplit_once("; Schema: ")?;
    let (name, kind) = text.rsplit_once("; Type: ")?;
    let schema = if schema == "-" { "" } else { schema };
    Some(Piece {
        kind: kind.to_owned(),
        schema: schema.to_owned(),
        name: name.to_owned(),
        text: String::new(),
    })
}

/// The lines `--` around headings.
fn without_rules(text: &str) -> String {
    let text = text.trim();
    if text == "--" {
        return String::new();
    }
    let text = text.strip_prefix("--\n").unwrap_or(text).trim();
    if text == "--" { String::new() } else { text.strip_suffix("\n--").unwrap_or(text).trim().to_owned() }
}

/// Newer versions of `pg_dump` frame a dump with commands of `psql`, which stand in lines of their own at its very
/// beginning and end.
fn without_meta_commands(dump: &str) -> String {
    let mut lines: Vec<&str> = dump.split('\n').collect();
    let is_meta = |line: &&str| line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ");
    if let Some(first) = lines.iter().take(12).position(is_meta) {
        lines.remove(first);
    }
    if let Some(last) = lines.iter().rposition(is_meta)
        && last + 8 >= lines.len()
    {
        lines.remove(last);
    }
    lines.join("\n")
}
