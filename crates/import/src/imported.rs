//! What comes out of an import.

use loadline_measure::{Producer, Run, RunMeta, Schema, WorkloadId};
use sha2::{Digest, Sha256};

/// What was taken in.
#[derive(Debug)]
pub struct Imported {
    /// The Run; without values when the source is a summary.
    pub run: Run,
    /// The figures of a summary.
    pub figures: Vec<ImportedFigure>,
    /// What the source could not tell, in words.
    pub notes: Vec<String>,
}

/// A figure of a summary, of all requests.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedFigure {
    /// `p50`, `p95`, `p99`, `rate`, `errors`.
    pub quantity: &'static str,
    /// The figure: milliseconds, per second, or a share.
    pub value: f64,
    /// `ms`, `/s` or `share`.
    pub unit: &'static str,
    /// How many requests it stands on; 0 where the source does not say.
    pub values: u64,
}

/// A Run without values, for a summary. `alike` is what other summaries have in common that are of the same thing.
pub(crate) fn empty(name: &str, tool: &str, alike: &str) -> Run {
    let mut meta = RunMeta { name: name.to_owned(), version: tool.to_owned(), ..RunMeta::default() };
    meta.origin.workload = workload(tool, alike);
    meta.annotations.insert("imported_from".to_owned(), tool.to_owned());
    Run::new(meta, Schema::new())
}

/// What results are of that have so much in common.
pub(crate) fn workload(tool: &str, alike: &str) -> WorkloadId {
    WorkloadId::new(Producer::Import, format!("{tool} {}", hexadecimal(&Sha256::digest(alike))))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
