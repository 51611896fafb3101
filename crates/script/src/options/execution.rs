//! Stages: `[{ duration, target }]`, or `10s:5,1m:20` in a variable or flag.

use std::time::Duration;

use loadline_load::Stage;
use loadline_units as units;
use serde_json::{Value, json};

use crate::options::problem::Findings;
use crate::options::setting::{Fields, Setting};

impl Setting for Vec<Stage> {
    const EXPECTED: &'static str = "a list of `{ duration, target }`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let Value::Array(items) = value else {
            findings.wrong(path, value, Self::EXPECTED);
            return None;
        };
        let stages = items.iter().enumerate().map(|(index, item)| {
            let path = format!("{path}[{index}]");
            let Value::Object(entries) = item else {
                findings.wrong(&path, item, "`{ duration, target }`");
                return None;
            };
            let mut fields = Fields { entries, path: &path, findings };
            fields.only(&["duration", "target"]);
            let duration = fields.need::<Duration>("duration");
            let target = fields.need::<u64>("target");
            Some(Stage { duration: duration?, target: target? })
        });
        // All stages are read before the first wrong one counts.
        stages.collect::<Vec<_>>().into_iter().collect()
    }

    fn read_texts(texts: &[String], path: &str, findings: &mut Findings) -> Option<Self> {
        let mut stages = Vec::new();
        for text in texts.iter().flat_map(|text| crate::options::setting::split(text)) {
            let stage = text.rsplit_once(':').and_then(|(duration, target)| {
                Some(Stage {
                    duration: units::parse_duration_or_ms(duration).ok()?,
                    target: target.trim().parse().ok()?,
                })
            });
            match stage {
                Some(stage) => stages.push(stage),
                None => findings.wrong(path, &json!(text), "stages such as `30s:10,1m:50`"),
            }
        }
        Some(stages)
    }

    fn write(&self) -> Value {
        self.iter()
            .map(|stage| json!({ "duration": stage.duration.write(), "target": stage.target }))
            .collect()
    }
}
