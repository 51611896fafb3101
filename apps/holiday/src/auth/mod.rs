//! Who someone is: passwords, sessions, and the login endpoint.

mod login;
mod password;
mod session;

pub(crate) use login::login;
pub use password::{HashCost, PasswordError, Passwords};
pub(crate) use session::account_of;
