//! Results of other tools become Runs, so that a history can start from what people have.
//!
//! What has a time for each value (k6's JSON lines, vegeta's results, `JMeter`'s JTL, HdrHistogram's logs) becomes a
//! Run by the second, as if Loadline had measured it. What is a summary (k6's `--summary-export`, wrk's text, oha's
//! JSON) has no distribution: nothing is invented, its figures are given beside a Run without values, and a note says
//! what is lost.
//!
//! ```
//! use loadline_import::{Format, import};
//! let results = r#"{"code":200,"timestamp":"2026-11-26T10:00:00.5Z","latency":4200000,"bytes_in":12,"bytes_out":0,"error":"","method":"GET","url":"http://shop.test/"}"#;
//! let imported = import(Format::Vegeta, results.as_bytes(), "results.json")?;
//! let requests = imported.run.schema().find("http_reqs").expect("it is built in");
//! assert!(imported.run.select::<&str, &str>(requests, &[]).is_some());
//! assert!(import(Format::Vegeta, &b"{]"[..], "results.json").is_err());
//! # Ok::<(), loadline_import::ImportError>(())
//! ```

mod error;
mod format;
mod hdr;
mod hdr_counts;
mod imported;
mod jtl;
mod jtl_csv;
mod jtl_xml;
mod k6_lines;
mod k6_summary;
mod lines;
mod oha;
mod seconds;
mod vegeta;
mod wrk;

pub use error::{BadLine, FormatError, ImportError};
pub use format::{Format, import};
pub use imported::{Imported, ImportedFigure};
