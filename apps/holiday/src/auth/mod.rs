//! Who someone is: passwords, sessions, and the endpoints of next-auth.

mod attempts;
mod cookie;
mod csrf;
mod endpoints;
mod login;
mod pages;
mod password;
mod session;

pub(crate) use attempts::Attempts;
pub(crate) use csrf::Csrf;
pub(crate) use endpoints::{csrf, providers, session, sign_out};
pub(crate) use login::{login, refusal};
pub(crate) use pages::page;
pub use password::{HashCost, PasswordError, Passwords};
pub(crate) use session::account_of;
