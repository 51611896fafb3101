//! What indexes are searched for, as it is typed.

use clap::{Args, ValueEnum};
use loadline_advise::search::{Aim, Goal};
use loadline_units as units;

/// What is wanted of a set of indexes.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct GoalArguments {
    /// What is to be least
    #[arg(long, value_enum, default_value_t = GoalArgument::Cost)]
    goal: GoalArgument,
    /// Bytes that all advised indexes together may have, such as `100MB`
    #[arg(long, value_name = "SIZE", value_parser = size)]
    within: Option<f64>,
}

/// What is to be least.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum GoalArgument {
    /// The cost of the workload
    Cost,
    /// The number of indexes
    Few,
    /// What writes pay for indexes
    Writes,
}

impl From<GoalArguments> for Goal {
    fn from(typed: GoalArguments) -> Self {
        let aim = match typed.goal {
            GoalArgument::Cost => Aim::Cost,
            GoalArgument::Few => Aim::Few,
            GoalArgument::Writes => Aim::Writes,
        };
        Self { aim, within: typed.within }
    }
}

fn size(text: &str) -> Result<f64, String> {
    let bytes = units::parse_bytes(text).map_err(|error| error.to_string())?;
    if bytes < 8192.0 { Err("an index has a page of 8 KiB at the least".to_owned()) } else { Ok(bytes) }
}
