//! The file of rules that was typed.

use std::path::Path;

use anyhow::anyhow;
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
        .map_err(|error| {
            let shown = escape(&shown);
            let hint = "hint: give the path of a file of rules, such as `edge.toml`";
            anyhow!("cannot read the rules `{shown}`: {error:#}\n{hint}")
        })
        .ends(Ending::Configuration)?;
    let rules = Rules::parse(&escape(&shown), &text).ends(Ending::Configuration)?;
    Ok((rules, shown, text))
}
