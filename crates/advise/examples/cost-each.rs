//! What statements cost on a ghost without indexes and with them, each with its own: `bench/costs` holds it against
//! what was measured.
//!
//! `LOADLINE=target/release/loadline cargo run -p loadline-advise --features live --example cost-each PORTRAIT FILE`.
//! Each line of the file is a name, a statement and indexes as they stand behind `CREATE INDEX ON`, parted by tabs and
//! by semicolons; so is each line that is printed: the name, the cost without, and the cost with them, or why there is
//! none.

#![expect(clippy::print_stdout, reason = "it is asked on a command line")]

use std::error::Error;
use std::os::unix::process::CommandExt;
use std::process::Command;

use loadline_pg::live::{Ghost, Haunt, Session, Size, explain_statement};
use loadline_pg::portrait::Portrait;
use loadline_pg::size::of_definition;

fn main() -> Result<(), Box<dyn Error>> {
    // Whoever starts a server is its guard as well; the real program knows how.
    if std::env::args().nth(1).is_some_and(|word| word == "guard") {
        let program = std::env::var_os("LOADLINE").ok_or("LOADLINE is the program that guards the ghost")?;
        return Err(Command::new(program).args(std::env::args_os().skip(1)).exec().into());
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [portrait, file] = &words[..] else { return Err("cost-each PORTRAIT FILE".into()) };
    let portrait = Portrait::read(&std::fs::read(portrait)?)?;
    let file = std::fs::read_to_string(file)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let ghost = Ghost::raise(&portrait, &Haunt::default()).await?;
        let session = Session::open_with(&ghost.address(), "SELECT 1").await?;
        for line in file.lines() {
            let [name, statement, indexes] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
            match costs(&portrait, &ghost, &session, statement, indexes).await {
                Ok((without, with)) => println!("{name}\t{without}\t{with}"),
                Err(why) => println!("{name}\t{why}"),
            }
        }
        Ok(())
    })
}

async fn costs(
    portrait: &Portrait,
    ghost: &Ghost,
    session: &Session,
    statement: &str,
    indexes: &str,
) -> Result<(f64, f64), Box<dyn Error>> {
    let without = cost(session, statement).await?.0;
    let mut made = Vec::new();
    for index in indexes.split(';').map(str::trim) {
        let definition = definition(index);
        let share = match definition.rsplit_once(" WHERE ") {
            Some((_, predicate)) => {
                let table = index.split([' ', '(']).next().unwrap_or_default();
                let whole = cost(session, &format!("SELECT 1 FROM {table}")).await?.1;
                cost(session, &format!("SELECT 1 FROM {table} WHERE {predicate}")).await?.1 / whole.max(1.0)
            }
            None => 1.0,
        };
        let parts = ghost
            .candidate(session, &format!("CREATE INDEX ON {index}"), |part| {
                let place = portrait.relations.iter().position(|relation| {
                    (&relation.schema, &relation.name) == (&part.table_schema, &part.table)
                });
                let size = place.and_then(|place| of_definition(portrait, place as u32, &definition, share));
                let size = size.unwrap_or_default();
                let tuples = size.rows as f32;
                Size { pages: size.pages, tuples, height: size.height, counts: size.counts }
            })
            .await?;
        made.extend(parts.into_iter().next());
    }
    let with = cost(session, statement).await;
    for part in made {
        session.batch_execute(&format!("DROP INDEX \"{}\".\"{}\"", part.schema, part.name)).await?;
    }
    Ok((without, with?.0))
}

/// The cost of a statement and the rows that it expects.
async fn cost(session: &Session, statement: &str) -> Result<(f64, f64), Box<dyn Error>> {
    let plan = explain_statement(session, statement).await?.plan;
    let number = |key: &str| plan.get(key).and_then(serde_json::Value::as_f64).unwrap_or_default();
    Ok((number("Total Cost"), number("Plan Rows")))
}

/// The index as PostgreSQL would write it, with its method.
fn definition(index: &str) -> String {
    let (table, keys) = index.split_once(' ').unwrap_or((index, ""));
    let method = if keys.trim_start().to_lowercase().starts_with("using") { "" } else { "USING btree " };
    format!("CREATE INDEX i ON {table} {method}{keys}")
}
