//! Cache rules: one TOML file that says for which paths which answers may be kept, for how long, and by which key.
//!
//! A request has the rule whose pattern is the first to match its path; a request without one is cached as its answer
//! says, under its method and URL. From a rule follow the headers that an answer gets, the key, and the request as the
//! origin sees it: **what is not in the key does not reach the origin of a cacheable rule**, so that nobody can put
//! into an answer what others do not ask for. That is why keys and requests are made in one place ([`Rules::ask`]).
//!
//! ```
//! use http::Request;
//! use loadline_edge::rules::Rules;
//! let text = r#"
//! [[rule]]
//! path = "/api/programs"
//! cache = { public = true, max_age = "5m", stale_while_revalidate = "1m" }
//! vary = ["X-Location"]
//! key = { query = "sorted", without = ["utm_*"], location = { header = "X-Location", grid = "geohash", precision = 4 } }
//! "#;
//! let rules = Rules::parse("edge.toml", text)?;
//! let request = Request::get("http://shop.test/api/programs?b=2&utm_source=x&a=1")
//!     .header("X-Location", "-33.8688, 151.2093")
//!     .body(())?;
//! let asked = rules.ask(request, &[])?;
//! assert_eq!(
//!     asked.key.to_string(),
//!     "method=GET origin=http://shop.test path=/api/programs query=a=1&b=2 header.x-location=r3gx"
//! );
//! assert_eq!(asked.request.headers()["x-location"], "r3gx");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ask;
mod control;
mod cookies;
mod grid;
mod headers;
mod lint;
mod overlap;
mod pattern;
mod read;
mod rule;

pub use ask::{Applied, Asked};
pub use grid::Grid;
pub use headers::Asker;
pub use lint::{Finding, Severity, lint};
pub use pattern::{Pattern, PatternError};
pub use rule::{Filter, KeyRule, Location, Other, QueryRule, Rule, Rules};
