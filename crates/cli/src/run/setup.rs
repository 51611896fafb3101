//! What `setup()` returned, for whoever asks the control of a run.

use std::sync::Arc;

use loadline_control::Setup;
use loadline_scripted::SetupData;
use serde_json::Value;

/// The data of a script's setup, as it is known.
#[derive(Clone, Default)]
pub(super) struct SetupSlot(pub(super) Arc<SetupData>);

impl Setup for SetupSlot {
    fn data(&self) -> Option<Value> {
        self.0.known().and_then(|text| serde_json::from_str(&text).ok())
    }

    fn bring(&self, data: Option<Value>) -> Result<(), String> {
        let text = data.map(|data| data.to_string());
        if self.0.bring(text) {
            Ok(())
        } else {
            Err("setup() has run already: data in its place has to be there before".to_owned())
        }
    }
}
