//! Who is told, and how each of them wants to hear it: pure, from a notice to what is posted.

mod alertmanager;
mod cut;
mod jira;
mod kind;
mod mail;
mod mail_server;
mod notice;
mod pagerduty;
mod post;
mod posts;
mod receiver;
mod retry;
mod slack;
mod webhook;

#[cfg(test)]
mod vendors_tests;

pub use kind::{Kind, is_taken};
pub use mail::{Mail, mail};
pub use mail_server::{MailServer, NoMailServer, Security};
pub use notice::{Notice, grouped};
pub use post::Post;
pub use posts::posts;
pub use receiver::{Addresses, Place, Receiver};
pub use retry::{GIVE_UP_S, retry_s};
