//! `loadline db explain`.

use std::path::PathBuf;

use clap::Args;
use loadline_pg::ghost::{parameters, statements};
use loadline_pg::live::{ExplainError, Explained, Session, explain_statement, ready};
use loadline_pg::portrait::{Loss, Portrait};
use loadline_pg::shape::Shape;
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::escape;
use serde_json::{Value, json};

use super::source::{SourceArguments, lost_json, tell, unreadable, until_interrupted, whose};
use crate::common::{input, json_text, print, screen, told};

const EXAMPLES: &str = "\
Examples:
  loadline db explain -p shop.portrait 'SELECT * FROM orders WHERE customer_id = $1'
  loadline db explain -p shop.portrait --role app -f queries.sql --json
  loadline db explain --database postgres://monitor@db.internal/shop 'SELECT count(*) FROM orders'

Nothing is run: the plan is made by an empty copy of the database that is started here and is gone \
afterwards. `$1` stands for any value.

Exit codes: 0 done, 1 a statement has no plan, 2 wrong arguments, 3 could not.";

/// The most bytes of a file of statements.
const LARGEST: u64 = 64 << 20;

/// `loadline db explain`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    /// The statements
    #[arg(value_name = "STATEMENT", required_unless_present = "file")]
    pub(crate) statements: Vec<String>,
    /// A file of statements, parted by semicolons
    #[arg(long, short, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// As this role: its row-level security applies
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    /// With this setting, such as `app.tenant=7` or `work_mem=64MB`
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub(crate) set: Vec<(String, String)>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What became of one statement.
type Plan = (String, Result<Explained, ExplainError>);

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("must be a name and a value, such as `work_mem=64MB`")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Shows plans.
pub(crate) fn explain(arguments: &ExplainArguments) -> Result<Ending, Failure> {
    let wanted = wanted(arguments)?;
    let (portrait, plans, lost) = until_interrupted(plans(arguments, wanted))?;
    tell(&lost, "ghost");
    let failed = plans.iter().filter(|(_, plan)| plan.is_err()).count();
    let ending = if failed > 0 { Ending::Failed } else { Ending::Passed };
    if arguments.json {
        let text = json_text(&plans_json(&portrait, &plans, &lost));
        return Ok(told(text.and_then(|text| print(text.as_bytes())), ending));
    }
    if !portrait.has_values && plans.iter().any(|(statement, plan)| plan.is_ok() && has_literals(statement)) {
        screen::caution(
            "values are not in the portrait, so comparisons with literals are planned as if nothing was known of them: \
             write `$1` for a value",
        );
    }
    let ended = told(print(plans_text(&portrait, &plans).as_bytes()), ending);
    for (statement, plan) in &plans {
        if let Err(error) = plan {
            screen::complain(&format!("`{}` {}", escape(statement), escape(&error.to_string())));
        }
    }
    Ok(ended)
}

fn wanted(arguments: &ExplainArguments) -> Result<Vec<String>, Failure> {
    let mut wanted: Vec<String> = arguments.statements.clone();
    if let Some(path) = &arguments.file {
        let hint = "the path goes by the working directory; one statement can be given in quotes instead";
        let text = input::text(path, LARGEST).map_err(|error| unreadable(path, &error, hint))?;
        wanted.extend(statements(&text).into_iter().map(str::to_owned));
    }
    if wanted.iter().all(|statement| statements(statement).is_empty()) {
        return Err(Failure::new(
            Ending::Configuration,
            "there is no statement to explain\nhint: give one in quotes, such as 'SELECT 1'",
        ));
    }
    Ok(wanted)
}

async fn plans(
    arguments: &ExplainArguments,
    wanted: Vec<String>,
) -> Result<(Portrait, Vec<Plan>, Vec<Loss>), Failure> {
    let portrait = arguments.source.portrait().await?;
    let ghost = arguments.source.ghost(&portrait).await?;
    let session = Session::open_with(&ghost.address(), "SELECT 1").await.ends(Ending::CouldNotRun)?;
    ready(&session, &arguments.set, arguments.role.as_deref())
        .await
        .map_err(|why| anyhow::anyhow!("the ghost takes no such `--set` or `--role`: {why}"))
        .ends(Ending::Configuration)?;
    let mut plans = Vec::new();
    for statement in wanted {
        let plan = explain_statement(&session, &statement).await;
        plans.push((statement, plan));
    }
    Ok((portrait, plans, ghost.lost.clone()))
}

/// Whether there is more in a statement that may differ from call to call than its parameters.
fn has_literals(statement: &str) -> bool {
    parameters(&Shape::of(statement).text) > parameters(statement)
}

fn plans_text(portrait: &Portrait, plans: &[Plan]) -> String {
    let mut text = String::new();
    let mut is_generic = false;
    for (statement, plan) in plans {
        let Ok(plan) = plan else { continue };
        is_generic |= plan.is_generic;
        if plans.len() > 1 {
            text += &format!("{}\n", escape(statement));
        }
        text += &format!("{}\n\n", plan.text);
    }
    let values = if is_generic { "; `$1` stands for any value" } else { "" };
    let count = plans.iter().filter(|(_, plan)| plan.is_ok()).count();
    let plans = match count {
        0 => return format!("no statement has a plan on the copy of {}\n", whose(portrait)),
        1 => "the plan is that".to_owned(),
        _ => format!("the {count} plans are those"),
    };
    text + &format!("{plans} of {}{values}; nothing was run\n", whose(portrait))
}

fn plans_json(portrait: &Portrait, plans: &[Plan], lost: &[Loss]) -> Value {
    let plans: Vec<Value> = plans
        .iter()
        .map(|(statement, plan)| match plan {
            Ok(plan) => json!({"statement": statement, "generic": plan.is_generic, "plan": plan.plan}),
            Err(error) => json!({"statement": statement, "error": error.to_string()}),
        })
        .collect();
    json!({
        "database": portrait.server.database,
        "version": portrait.server.version,
        "madeMs": portrait.made_ms,
        "hasValues": portrait.has_values,
        "plans": plans,
        "lost": lost_json(lost),
    })
}
