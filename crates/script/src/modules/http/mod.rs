//! Module `k6/http`.

mod body;
mod cookies;
mod expected;
mod module;
mod params;
mod record;
mod response;
mod send;
mod state;

pub(super) use self::module::MODULE;
pub(crate) use self::state::{HttpState, Urls};
