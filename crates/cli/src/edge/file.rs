//! The file of rules that was typed.

use std::path::Path;

use anyhow::Context;
use loadline_edge::rules::Rules;
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::escape;

use crate::common::input;

/// The most bytes of a file.
const LARGEST: u64 = 4 << 20;

/// Rules, what messages call their file, and its text.
pub(super) fn read(path: &Path) -> Result<(Rules, String, String), Failure> {
    let shown = path.display().to_string();
    let text = input::text(path, LARGEST)
        .with_context(|| format!("cannot read the rules `{}`", escape(&shown)))
        .ends(Ending::Configuration)?;
    let rules = Rules::parse(&escape(&shown), &text).ends(Ending::Configuration)?;
    Ok((rules, shown, text))
}
