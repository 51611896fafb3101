//! The schema of a portrait, made by a role that may do nothing else.
//!
//! A portrait may come from anybody, and what it holds are statements. They are said over the protocol, where there is
//! no shell to escape to, and as a role without power: what takes a superuser fails and is told by its name.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::SimpleQueryMessage;

use crate::ghost::quoted;
use crate::live::connect::{Session, explain};
use crate::portrait::{Loss, Piece, Portrait};

/// As `pg_dump` begins its own, and what bounds it.
const BEGIN: &str = "SET search_path = ''; SET check_function_bodies = off; SET xmloption = content; \
     SET client_min_messages = error; SET row_security = off; SET default_table_access_method = heap; \
     SET default_tablespace = ''; SET standard_conforming_strings = on; SET statement_timeout = 30000; \
     SET lock_timeout = 5000";
/// Pieces made at once.
const AT_ONCE: usize = 64;
/// How long one piece may take.
const LONGEST: Duration = Duration::from_secs(40);
/// Things that are lost, told one by one.
const TOLD: usize = 200;

pub(super) async fn restore(
    session: &Session,
    portrait: &Portrait,
    lost: &mut Vec<Loss>,
) -> Result<(), String> {
    session.batch_execute(BEGIN).await.map_err(|error| explain(&error))?;
    let mut untold = 0;
    // Pieces that are still to be made, in their order, the first ones at the end.
    let mut left: Vec<&[Piece]> = portrait.schema.chunks(AT_ONCE).rev().collect();
    while let Some(some) = left.pop() {
        let Err(why) = run(session, some).await? else { continue };
        if let [piece] = some {
            if lost.len() < TOLD {
                lost.push(Loss { what: name(piece), why });
            } else {
                untold += 1;
            }
        } else {
            // One of them failed, and none of them is there.
            let (first, second) = some.split_at(some.len() / 2);
            left.extend([second, first]);
        }
    }
    open_to_all(session).await?;
    if untold > 0 {
        lost.push(Loss { what: format!("{untold} more parts of the schema"), why: "likewise".to_owned() });
    }
    Ok(())
}

/// Every role may look at everything: who may do what is no matter of plans, except for policies, which are restored.
async fn open_to_all(session: &Session) -> Result<(), String> {
    let query = "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'";
    for message in session.simple_query(query).await.map_err(|error| explain(&error))? {
        if let SimpleQueryMessage::Row(row) = message
            && let Some(schema) = row.get(0).map(quoted)
        {
            // What is not the owner's, of an extension, is open already or is nobody's.
            for what in [format!("USAGE ON SCHEMA {schema}"), format!("ALL ON ALL TABLES IN SCHEMA {schema}")]
            {
                let _ = session.batch_execute(&format!("GRANT {what} TO PUBLIC")).await;
            }
        }
    }
    Ok(())
}

/// Some pieces, in one transaction; the outer error is that nothing more can be said to the server.
async fn run(session: &Session, some: &[Piece]) -> Result<Result<(), String>, String> {
    let text = some.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>().join("\n;\n");
    let named = || some.first().map(name).unwrap_or_default();
    match timeout(LONGEST * some.len() as u32, session.batch_execute(&text)).await {
        Ok(Ok(())) => Ok(Ok(())),
        // An extension may have needed the schema before.
        Ok(Err(error))
            if some.len() == 1
                && some[0].kind == "SCHEMA"
                && error.as_db_error().is_some_and(|said| said.code().code() == "42P06") =>
        {
            Ok(Ok(()))
        }
        Ok(Err(error)) if session.is_closed() => Err(format!("{}: {}", named(), explain(&error))),
        Ok(Err(error)) => Ok(Err(explain(&error))),
        Err(_) => Err(format!("{} does not end", named())),
    }
}

fn name(piece: &Piece) -> String {
    let kind = piece.kind.to_lowercase();
    if piece.schema.is_empty() {
        format!("the {kind} {}", piece.name)
    } else {
        format!("the {kind} {}.{}", piece.schema, piece.name)
    }
}
