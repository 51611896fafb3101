//! From notices that are told together to what is posted for them.

use super::kind::Kind;
use super::notice::Notice;
use super::post::Post;
use super::{alertmanager, jira, pagerduty, slack, webhook};

/// What has to be posted for notices that are told together. An Alertmanager ends alerts that it hears no more of:
/// these last for `lasts_s` seconds there, unless they are sent again. For people who read e-mail nothing is posted:
/// theirs is [`mail`](super::mail()).
pub fn posts(kind: Kind, notices: &[Notice], key: Option<&str>, lasts_s: u64) -> Vec<Post> {
    match kind {
        Kind::Webhook => vec![webhook::post(notices)],
        Kind::Alertmanager => vec![alertmanager::post(notices, lasts_s)],
        Kind::Slack => vec![slack::post(notices)],
        Kind::PagerDuty => {
            notices.iter().map(|notice| pagerduty::post(notice, key.unwrap_or_default())).collect()
        }
        Kind::Jira => notices.iter().map(jira::post).collect(),
        Kind::Email => Vec::new(),
    }
}
