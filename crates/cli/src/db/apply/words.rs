//! What is built, for people and for programs.

use std::fmt::Write as _;

use loadline_advise::apply::{Built, Look, Obstacle};
use loadline_units as units;
use loadline_verdict::escape;
use serde_json::{Value, json};

use super::applied::{Applied, is_to_build};

/// Sessions that are named.
const NAMED: usize = 5;

/// The page.
pub(super) fn apply_text(applied: &Applied, builds: bool) -> String {
    let mut text = String::new();
    for (look, built) in applied.looks.iter().zip(&applied.built) {
        for statement in look.steps().script() {
            let _ = writeln!(text, "{};", escape(&statement));
        }
        let _ = writeln!(text, "   undo: {};", escape(&look.rollback()));
        let _ = writeln!(text, "   {}", fate(look, built.as_ref()));
        if built.is_none() && is_to_build(look) {
            for (pid, seconds) in look.locked_by.iter().take(NAMED) {
                let held = units::time(seconds * 1000.0);
                let _ = writeln!(text, "   process {pid} has locked the table, in a transaction of {held}");
            }
        }
        text.push('\n');
    }
    for (pid, seconds, name) in applied.old.iter().take(NAMED) {
        let _ = writeln!(
            text,
            "process {pid} ({}) has been in a transaction for {}: whoever builds beside others waits for it",
            escape(if name.is_empty() { "no name" } else { name }),
            units::time(seconds * 1000.0)
        );
    }
    if applied.old.len() > NAMED {
        let _ = writeln!(text, "and {} more transactions that are old", applied.old.len() - NAMED);
    }
    text + &answer(applied, builds)
}

fn fate(look: &Look, built: Option<&Result<Built, String>>) -> String {
    match (built, &look.obstacle) {
        (Some(Ok(built)), _) => {
            format!("built in {}, {}", units::time_of(built.took), units::bytes(built.bytes as f64))
        }
        (Some(Err(why)), _) => format!("not built: {}; nothing of it is left", escape(why)),
        (None, None) => format!("{} at the most", units::bytes(look.bytes)),
        (None, Some(obstacle)) => obstacle_words(obstacle),
    }
}

fn obstacle_words(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::NoTable => "cannot be built: there is no such table".to_owned(),
        Obstacle::There(name) => format!("is there already, as `{}`", escape(name)),
        Obstacle::Named(name) => format!("cannot be built: another index has the name `{}`", escape(name)),
        Obstacle::Invalid(name) => format!(
            "`{}` is there and invalid: its building was broken off, and no query uses it; it is dropped and built anew",
            escape(name)
        ),
        Obstacle::Foreign(part) => format!(
            "cannot be built here: partition `{}` is another server's table, which gets no index; without CONCURRENTLY, CREATE INDEX leaves it out, and keeps writes waiting",
            escape(part)
        ),
    }
}

fn answer(applied: &Applied, builds: bool) -> String {
    let wanted = applied.looks.iter().filter(|look| is_to_build(look)).count();
    let built = applied.built.iter().filter(|built| matches!(built, Some(Ok(_)))).count();
    let counted = |count: usize| if count == 1 { "1 index".to_owned() } else { format!("{count} indexes") };
    if applied.is_tight() {
        return format!(
            "nothing was built: {} may take {} and as much again while they are sorted, and {} are free\n",
            counted(wanted),
            units::bytes(applied.wanted()),
            units::bytes(applied.free.unwrap_or(0) as f64)
        );
    }
    let room = match applied.free {
        Some(free) => format!("{} are free", units::bytes(free as f64)),
        None => "how much room there is the server does not tell".to_owned(),
    };
    if builds {
        format!("{built} of {} built\n", counted(applied.looks.len()))
    } else {
        format!("{} to build, nothing was changed ({room}); `--build` builds\n", counted(wanted))
    }
}

/// The same for programs.
pub(super) fn apply_json(applied: &Applied) -> Value {
    let indexes: Vec<Value> = applied
        .looks
        .iter()
        .zip(&applied.built)
        .map(|(look, built)| {
            let obstacle = match &look.obstacle {
                None => None,
                Some(Obstacle::NoTable) => Some("noTable"),
                Some(Obstacle::There(_)) => Some("there"),
                Some(Obstacle::Named(_)) => Some("named"),
                Some(Obstacle::Invalid(_)) => Some("invalid"),
                Some(Obstacle::Foreign(_)) => Some("foreign"),
            };
            let done = built.as_ref().map(|built| match built {
                Ok(built) => json!({"bytes": built.bytes, "ms": units::to_ms(built.took)}),
                Err(why) => json!({"error": why}),
            });
            json!({
                "statements": look.steps().script(), "rollback": look.rollback(), "obstacle": obstacle,
                "mostBytes": look.bytes, "lockedBy": look.locked_by.iter().map(|(pid, _)| pid).collect::<Vec<_>>(),
                "built": done,
            })
        })
        .collect();
    let old: Vec<Value> = applied
        .old
        .iter()
        .map(|(pid, seconds, name)| json!({"process": pid, "seconds": seconds, "application": name}))
        .collect();
    json!({"indexes": indexes, "oldTransactions": old, "freeBytes": applied.free, "tooLittleRoom": applied.is_tight()})
}
