//! Cookies (RFC 6265): reading `Set-Cookie`, keeping them, choosing which to send.

mod date;
mod jar;
mod parse;
mod scope;

pub use jar::CookieJar;
pub use parse::{CookieError, SameSite, SetCookie, check_cookie};
