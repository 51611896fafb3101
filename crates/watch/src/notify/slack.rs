//! Slack's incoming webhooks: a text for notifications, and blocks to look at.
//!
//! Source: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/>, and of blocks
//! <https://docs.slack.dev/reference/block-kit/blocks/section-block/>: a section's text has 3,000 characters at the
//! most, a message 50 blocks; `&`, `<` and `>` are written out.

use serde_json::{Value, json};

use super::notice::Notice;
use super::post::Post;
use super::webhook::once;

const LONGEST_TEXT: usize = 2_900;
const MOST_BLOCKS: usize = 40;

pub(super) fn post(notices: &[Notice]) -> Post {
    let sections = notices.iter().take(MOST_BLOCKS).map(|notice| {
        let mark = if notice.is_on() { ":red_circle:" } else { ":large_green_circle:" };
        let text = format!("{mark} *{}*\n{}", safe(&notice.title()), safe(&notice.lines().join("\n")));
        let text: String = text.chars().take(LONGEST_TEXT).collect();
        json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
    });
    let mut blocks: Vec<Value> = sections.collect();
    if notices.len() > MOST_BLOCKS {
        let text = format!("and {} more", notices.len() - MOST_BLOCKS);
        blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } }));
    }
    let title = notices.first().map(|notice| safe(&notice.title())).unwrap_or_default();
    let body = json!({ "text": title, "blocks": blocks });
    Post { path: String::new(), body, once: notices.iter().map(once).collect::<Vec<_>>().join(", ") }
}

/// What would be a link or a mention is text.
fn safe(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::notice::example;
    use super::*;
    use crate::alert::Change;

    #[test]
    fn nothing_in_it_is_a_mention() {
        let many: Vec<Notice> = (0..60).map(|_| example(Change::Firing)).collect();
        let body = post(&many).body;
        let blocks = body["blocks"].as_array().unwrap();
        assert_eq!(blocks.len(), MOST_BLOCKS + 1);
        let text = blocks[0]["text"]["text"].as_str().unwrap();
        assert!(text.contains("7,200 &lt;requests&gt; took") && text.contains("p95&lt;=500ms"), "{text}");
    }
}
