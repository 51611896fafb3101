//! A schema as it should be, in place of migrations that lead there: made on a ghost that has nothing, and given the
//! sizes and statistics of what is called the same in a portrait.

use super::connect::{Session, explain};
use super::ghost::{Ghost, Haunt};
use super::migrate::{MigrateError, Migrated, hollow, sized, unreadable};
use super::names::{BY_NAME, called_the_same, names};
use super::portrait::{Sitting, portray};
use crate::ghost::statements;
use crate::migration::{Seen, after};
use crate::portrait::{Loss, Portrait};
use crate::shape::{Class, Kind, Tokens};

/// Makes the schema that `text` says, such as `pg_dump --schema-only` writes it, and tells which portrait the database
/// would have with it. Who owns what and who may do what is left out, and so are commands of `psql`: both are counted.
///
/// # Errors
/// See [`MigrateError`]; a statement that PostgreSQL refuses is named with `file`.
pub async fn schema(
    portrait: &Portrait,
    haunt: &Haunt,
    file: &str,
    text: &str,
) -> Result<Migrated, MigrateError> {
    let was = {
        let ghost = Ghost::raise(&hollow(portrait), haunt).await?;
        let session = Session::open_with(&ghost.address(), "SELECT 1").await?;
        names(&session, BY_NAME).await.map_err(unreadable)?
    };
    let nothing = Portrait {
        schema: Vec::new(),
        relations: Vec::new(),
        statistics: Vec::new(),
        extended: Vec::new(),
        labels: Vec::new(),
        counts: Vec::new(),
        usage: None,
        ..portrait.clone()
    };
    let ghost = Ghost::raise(&nothing, haunt).await?;
    let first = "SET lock_timeout = 10000; SET statement_timeout = 120000; SET client_min_messages = error; \
                 SET check_function_bodies = off";
    let session = Session::open_with(&ghost.address(), first).await?;
    let (text, commands) = without_commands(text);
    let (mut rights, mut lost) = (0_usize, ghost.lost.clone());
    for statement in statements(&text) {
        match of_schema(statement) {
            OfSchema::Rights => rights += 1,
            OfSchema::Transaction => {}
            of => {
                if let Err(error) = session.batch_execute(statement).await {
                    let is_there = error
                        .as_db_error()
                        .is_some_and(|said| ["42710", "42P06"].contains(&said.code().code()));
                    // A server begins with a schema and with what the portrait has of extensions.
                    if of == OfSchema::Ground && is_there {
                        continue;
                    }
                    let (file, statement) = (file.to_owned(), statement.to_owned());
                    return Err(MigrateError::Refused {
                        file,
                        statement,
                        why: explain(&error),
                        is_there: false,
                    });
                }
            }
        }
    }
    let _ = session.batch_execute("RESET ALL").await;
    let is = names(&session, BY_NAME).await.map_err(unreadable)?;
    let sitting = Sitting { without_values: true, programs: haunt.programs.clone() };
    let made = portray(&ghost.address(), &sitting).await?;
    let seen = Seen { after: called_the_same(&was, &is), before: was };
    let after = sized(after(portrait, &made, &seen), haunt, &|relation| {
        portrait.relation(&relation.schema, &relation.name).is_none()
    })
    .await?;
    for (count, what) in [(rights, "about owners, rights and comments"), (commands, "for `psql`")] {
        if count > 0 {
            let said = if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
            lost.push(Loss {
                what: format!("{said} of `{file}` {what}"),
                why: "no plan depends on them".to_owned(),
            });
        }
    }
    Ok(Migrated { after, steps: Vec::new(), lost })
}

/// What a statement of a schema is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OfSchema {
    /// Owners, rights, comments.
    Rights,
    /// The beginning or the end of a transaction.
    Transaction,
    /// An extension or a schema, which may be there already.
    Ground,
    /// All else.
    Thing,
}

fn of_schema(statement: &str) -> OfSchema {
    let words: Vec<String> = Tokens::of(statement)
        .filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment))
        .map(|token| statement[token.range].to_lowercase())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["grant" | "revoke" | "comment", ..]
        | ["alter", "default", "privileges", ..]
        | ["alter", .., "owner", "to", _] => OfSchema::Rights,
        ["create", "extension" | "schema", ..] => OfSchema::Ground,
        _ if matches!(Class::of(statement), Class::Begins | Class::Ends) => OfSchema::Transaction,
        _ => OfSchema::Thing,
    }
}

/// The text without lines that are commands of `psql`, and how many those are.
fn without_commands(text: &str) -> (String, usize) {
    // A line that begins so within a literal is none.
    let literals: Vec<std::ops::Range<usize>> = Tokens::of(text)
        .filter(|token| !matches!(token.kind, Kind::Space | Kind::Sign(_)))
        .map(|token| token.range)
        .collect();
    let (mut kept, mut count, mut at) = (String::with_capacity(text.len()), 0, 0);
    for line in text.split_inclusive('\n') {
        let is_inside = || {
            let next = literals.partition_point(|range| range.end <= at);
            literals.get(next).is_some_and(|range| range.start < at)
        };
        if line.starts_with('\\') && !is_inside() {
            count += 1;
        } else {
            kept += line;
        }
        at += line.len();
    }
    (kept, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_plan_depends_on_is_left_out() {
        for (statement, of) in [
            ("ALTER TABLE ONLY public.t OWNER TO shop", OfSchema::Rights),
            ("GRANT SELECT ON t TO reader", OfSchema::Rights),
            ("COMMENT ON TABLE t IS 'owner to x'", OfSchema::Rights),
            ("CREATE EXTENSION postgis", OfSchema::Ground),
            ("COMMIT", OfSchema::Transaction),
            ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", OfSchema::Thing),
            ("CREATE TABLE t (a int)", OfSchema::Thing),
        ] {
            assert_eq!(of_schema(statement), of, "{statement}");
        }
        let text = "\\restrict x\nCREATE TABLE t (a text DEFAULT '\n\\d');\n\\unrestrict x\n";
        assert_eq!(without_commands(text), ("CREATE TABLE t (a text DEFAULT '\n\\d');\n".to_owned(), 2));
    }
}
