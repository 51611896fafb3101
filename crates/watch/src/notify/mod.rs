//! Who is told, and how each of them wants to hear it: pure, from a notice to what is posted.

mod alertmanager;
mod jira;
mod kind;
mod notice;
mod pagerduty;
mod post;
mod posts;
mod receiver;
mod retry;
mod slack;
mod webhook;

pub use kind::{Kind, is_taken};
pub use notice::{Notice, grouped};
pub use post::Post;
pub use posts::posts;
pub use receiver::{Place, Receiver};
pub use retry::{GIVE_UP_S, retry_s};
