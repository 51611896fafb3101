//! Which files of a folder are migrations, in which order they go, and what is in them.
//!
//! The names are those of Prisma and Diesel (`20260101_name/migration.sql`, `…/up.sql`), Flyway (`V1_2__name.sql`,
//! `R__name.sql`), golang-migrate and sqlx (`000001_name.up.sql`), dbmate and goose (`20260101_name.sql`, whose parts
//! are marked by comments), or any that sort as they go.

use std::cmp::Ordering;

use crate::ghost::statements;
use crate::shape::{Class, Kind, Tokens};

/// A file of migrations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migration {
    /// Its name, as it was found.
    pub name: String,
    /// What it says on the way forward, each with the number of its transaction within the file.
    pub statements: Vec<(String, usize)>,
}

/// The files that go forward, in the order in which they go.
///
/// ```
/// use loadline_pg::migration::order;
///
/// let names = ["V10__c.sql", "R__views.sql", "V2__b.sql", "V1_1__a2.sql", "V1__a.sql", "U2__undo.sql", "notes.md"];
/// assert_eq!(order(&names), ["V1__a.sql", "V1_1__a2.sql", "V2__b.sql", "V10__c.sql", "R__views.sql"]);
/// let names = ["2_b.down.sql", "10_c.up.sql", "2_b.up.sql", "3_d/migration.sql", "3_d/down.sql"];
/// assert_eq!(order(&names), ["2_b.up.sql", "3_d/migration.sql", "10_c.up.sql"]);
/// ```
pub fn order<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.iter().copied().filter(|name| is_forward(name)).collect();
    names.sort_by(|left, right| {
        repeats(left).cmp(&repeats(right)).then_with(|| match (version(left), version(right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => natural(left, right),
        })
    });
    names
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn is_forward(name: &str) -> bool {
    let file = last(name);
    let is_undo =
        file.starts_with('U') && file.contains("__") && file[1..].starts_with(|c: char| c.is_ascii_digit());
    let lower = file.to_ascii_lowercase();
    let is_sql = std::path::Path::new(&lower).extension().is_some_and(|extension| extension == "sql");
    is_sql
        && !(is_undo || lower.ends_with(".down.sql") || lower == "down.sql" || lower.ends_with(".undo.sql"))
}

fn repeats(name: &str) -> bool {
    last(name).starts_with("R__")
}

/// The numbers of `V1_2__name.sql`.
fn version(name: &str) -> Option<Vec<u128>> {
    let (version, _) = last(name).strip_prefix('V')?.split_once("__")?;
    version.split(['.', '_']).map(|part| part.parse().ok()).collect()
}

/// Numbers in names by their value.
fn natural(left: &str, right: &str) -> Ordering {
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (mut left, mut right) = (left, right);
    loop {
        let (a, b) = (digits(left), digits(right));
        if a > 0 && b > 0 {
            let number = |text: &str| -> (usize, String) {
                let text = text.trim_start_matches('0');
                (text.len(), text.to_owned())
            };
            let found = number(&left[..a]).cmp(&number(&right[..b]));
            if found != Ordering::Equal {
                return found;
            }
            (left, right) = (&left[a..], &right[b..]);
            continue;
        }
        let (mut a, mut b) = (left.chars(), right.chars());
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (Some(one), Some(other)) if one == other => (left, right) = (a.as_str(), b.as_str()),
            (one, other) => return one.cmp(&other),
        }
    }
}

impl Migration {
    /// What a file says.
    pub fn read(name: &str, text: &str) -> Self {
        let texts = statements(forward(text));
        // A file is one transaction unless it says otherwise, or has to be none.
        let mut parted = texts.iter().any(|text| runs_alone(text));
        let (mut number, mut all) = (0, Vec::new());
        for text in texts {
            match Class::of(text) {
                Class::Begins => (number, parted) = (number + 1, false),
                Class::Ends => number += 1,
                _ => {
                    all.push((text.to_owned(), number));
                    number += usize::from(parted);
                }
            }
        }
        Self { name: name.to_owned(), statements: all }
    }
}

/// The part of a file that goes forward, where comments mark parts.
fn forward(text: &str) -> &str {
    let mut place = 0;
    let (mut from, mut to) = (None, text.len());
    for line in text.split_inclusive('\n') {
        let words = line.trim_start().strip_prefix("--").map(|words| words.trim().to_ascii_lowercase());
        let words = words.as_deref().unwrap_or_default();
        if ["migrate:up", "+goose up", "+migrate up"].iter().any(|mark| words.starts_with(mark)) {
            from = Some(place + line.len());
        } else if ["migrate:down", "+goose down", "+migrate down"].iter().any(|mark| words.starts_with(mark))
            && from.is_some()
        {
            to = place;
            break;
        }
        place += line.len();
    }
    from.map_or(text, |from| &text[from..to])
}

/// Whether what a statement reads and changes is a matter of rows and plans, and not of tables as a whole.
///
/// ```
/// use loadline_pg::migration::works_on_rows;
///
/// assert!(works_on_rows("UPDATE t SET a = 1") && works_on_rows("DO $$ BEGIN END $$") && works_on_rows("CREATE TABLE n AS TABLE t"));
/// assert!(!works_on_rows("ALTER TABLE t ADD a int") && !works_on_rows("CREATE TABLE t (a int)"));
/// ```
pub fn works_on_rows(statement: &str) -> bool {
    let words = Tokens::of(statement).filter(|token| token.kind == Kind::Word);
    let words: Vec<String> = words.map(|token| statement[token.range].to_ascii_lowercase()).collect();
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    match word(0) {
        "do" | "call" | "refresh" | "execute" | "copy" => true,
        "create" => {
            let makes_rows =
                ["table", "materialized"].iter().any(|what| words.iter().take(4).any(|word| word == what));
            makes_rows
                && words.iter().any(|word| word == "as")
                && words
                    .iter()
                    .any(|word| ["select", "table", "values", "with", "execute"].contains(&word.as_str()))
                && !words.iter().any(|word| word == "generated")
        }
        _ => matches!(Class::of(statement), Class::Reads | Class::Writes),
    }
}

/// Whether PostgreSQL refuses a statement within a transaction.
///
/// ```
/// use loadline_pg::migration::runs_alone;
///
/// assert!(runs_alone("create index concurrently i on t (a)") && runs_alone("VACUUM FULL t"));
/// assert!(!runs_alone("REFRESH MATERIALIZED VIEW CONCURRENTLY m") && !runs_alone("CREATE INDEX concurrently_2 ON t (a)"));
/// ```
pub fn runs_alone(statement: &str) -> bool {
    let words = Tokens::of(statement).filter(|token| token.kind == Kind::Word);
    let words: Vec<String> = words.map(|token| statement[token.range].to_ascii_lowercase()).collect();
    let first = words.first().map_or("", String::as_str);
    match first {
        "vacuum" => true,
        "create" | "drop" => {
            words.iter().take(4).any(|word| word == "concurrently")
                || words.get(1).is_some_and(|what| ["database", "tablespace"].contains(&what.as_str()))
        }
        "reindex" | "alter" => {
            words.iter().any(|word| word == "concurrently")
                || words.get(1).is_some_and(|what| what == "system")
        }
        _ => false,
    }
}
