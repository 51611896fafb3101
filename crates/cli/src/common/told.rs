//! What becomes of a command whose result cannot be told: a full disk, a folder that is not there.
//!
//! What was found stays found, so that a build that is red for a slow system does not turn another red for its disk.

use anyhow::Result;
use loadline_runner::{Ending, Ends};

use super::screen;

/// The ending of a command that came to `ending`, once what there is to tell is told, or was not.
pub(crate) fn told(told: Result<()>, ending: Ending) -> Ending {
    let Err(failure) = told.ends(Ending::OutputNotWritten) else { return ending };
    screen::complain(&failure.text());
    if ending == Ending::Passed { failure.ending } else { ending }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn what_was_found_stays_found() {
        assert_eq!(told(Ok(()), Ending::Passed), Ending::Passed);
        assert_eq!(told(Err(anyhow!("the disk is full")), Ending::Passed), Ending::OutputNotWritten);
        assert_eq!(told(Err(anyhow!("the disk is full")), Ending::Failed), Ending::Failed);
    }
}
