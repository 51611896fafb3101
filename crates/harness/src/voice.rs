//! Who hears what a load test has to say: whoever the program names, and its end, which keeps the warnings.

use std::sync::{Arc, Mutex, PoisonError};

use loadline_report::Phase;
use loadline_runner::{Second, Tone, Voice};

/// Passes everything on, and keeps the warnings.
#[derive(Default)]
pub(crate) struct Heard {
    on: Option<Arc<dyn Voice>>,
    warnings: Mutex<Vec<String>>,
}

impl Heard {
    pub(crate) fn by(on: Option<Arc<dyn Voice>>) -> Self {
        Self { on, warnings: Mutex::default() }
    }

    /// The warnings so far.
    pub(crate) fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Voice for Heard {
    fn say(&self, tone: Tone, text: &str) {
        if tone == Tone::Warning {
            self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
        }
        if let Some(on) = &self.on {
            on.say(tone, text);
        }
    }

    fn phase(&self, phase: Phase) {
        if let Some(on) = &self.on {
            on.phase(phase);
        }
    }

    fn second(&self, second: Second<'_>) {
        if let Some(on) = &self.on {
            on.second(second);
        }
    }

    fn close(&self) {
        if let Some(on) = &self.on {
            on.close();
        }
    }
}
