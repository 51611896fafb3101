//! What can be typed after `loadline inspect`.

use std::path::PathBuf;

use clap::Args;

use crate::run::OptionArguments;

const INSPECT_EXAMPLES: &str = "\
Examples:
  loadline inspect script.ts
  loadline inspect --json script.ts";

/// `loadline inspect`.
#[derive(Debug, Args)]
#[command(after_help = INSPECT_EXAMPLES)]
pub(crate) struct InspectArguments {
    /// The script: TypeScript or JavaScript
    pub(crate) script: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) options: OptionArguments,
}
