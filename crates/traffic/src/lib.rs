//! What production was asked, endpoint by endpoint and minute by minute, and a load test that asks the same.
//!
//! A [`Mix`] is of a log ([`LogMix`]) or of counters, which whoever asks a Prometheus hands in. [`Script`] writes it as
//! a script with one `ramping-arrival-rate` scenario for each endpoint. Pure: lines and numbers are handed in.
//!
//! ```
//! use loadline_traffic::{LogMix, Script};
//! use loadline_verdict::Endpoints;
//!
//! let endpoints = Endpoints::of_texts(&[("home".into(), "GET /".into()), ("login".into(), "POST /login".into())]);
//! let mut log = LogMix::new(&endpoints);
//! log.add(br#"::1 - - [04/Jul/2026:09:00:00 +0000] "GET /?q=1 HTTP/1.1" 200 512"#);
//! log.add(br#"::1 - - [04/Jul/2026:09:01:30 +0000] "POST /login HTTP/1.1" 200 12"#);
//! let mix = log.mix()?;
//! assert_eq!((mix.per_minute(0), mix.per_minute(1)), (&[1.0, 0.0][..], &[0.0, 1.0][..]));
//!
//! let script = Script::of(&mix, &endpoints, 1.5, "access.log");
//! assert!(script.text.contains(r#""login": [0, 1]"#));
//! assert_eq!(script.to_fill_in, ["a body for login"]);
//! # Ok::<(), loadline_traffic::MixError>(())
//! ```

#[cfg(any(test, feature = "fuzzing"))]
mod fuzz;
mod line;
mod log_mix;
mod mix;
mod names;
mod script;
mod time;

pub use line::LogLine;
pub use log_mix::LogMix;
pub use mix::{Mix, MixError};
pub use script::Script;
pub use time::second_of;

/// Entry points of `fuzz/`; no part of the library.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    /// Bytes as an access log.
    pub fn access_log(bytes: &[u8]) {
        crate::fuzz::access_log(bytes);
    }
}
