//! What becomes of a run that is not whole: it was interrupted, crashed, still goes on, or its file is damaged.
//!
//! What held in a part of a run says nothing of the rest, so such a run never passes. `--allow-incomplete` is for those
//! who know what they have, and is never quiet.

use clap::Args;
use loadline_verdict::Incomplete;

/// `--allow-incomplete`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct IncompleteArguments {
    /// Let a run pass that is not whole: one that was interrupted, crashed, still goes on, or whose file is damaged
    #[arg(long)]
    pub(crate) allow_incomplete: bool,
}

impl IncompleteArguments {
    /// What becomes of it.
    pub(crate) fn rule(self) -> Incomplete {
        if self.allow_incomplete { Incomplete::Allowed } else { Incomplete::Fails }
    }
}
