//! The end of every run: what went wrong, where it is kept, and its answer, which is the last line.

use anyhow::Result;
use loadline_runner::{Ending, Ends, Finished, Interrupts, Rules, Voice};

use super::screen::Screen;

/// Says all there is to say of a run once its results are told, or were not, and gives its ending.
pub(crate) fn finish(
    screen: &Screen,
    finished: &mut Finished,
    told: impl IntoIterator<Item = Result<()>>,
    kept: Option<&str>,
    rules: Rules,
    interrupts: &Interrupts,
) -> Ending {
    let lost = told.into_iter().filter_map(|told| told.ends(Ending::OutputNotWritten).err());
    finished.trouble.splice(..0, lost);
    for trouble in &finished.trouble {
        screen.error(&trouble.text());
    }
    if let Some(kept) = kept {
        screen.note(kept);
    }
    let ending = finished.ending(rules, interrupts.any());
    let voice: &dyn Voice = screen;
    voice.answer(&finished.answer(ending));
    ending
}
