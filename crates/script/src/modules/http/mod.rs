//! Module `k6/http`.

mod body;
mod cookies;
mod debug;
mod expected;
mod module;
mod pace;
mod params;
mod record;
mod response;
mod selector;
mod send;
mod state;

pub use self::debug::HttpDebug;
pub(super) use self::module::MODULE;
pub use self::pace::RequestPace;
pub(crate) use self::state::{HttpState, Urls};
