//! Slack's incoming webhooks: a text for notifications, and blocks to look at.
//!
//! Source: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/>, and of blocks
//! <https://docs.slack.dev/reference/block-kit/blocks/section-block/>: a section's text has 3,000 characters at the
//! most, a message 50 blocks; `&`, `<` and `>` are written out. Blocks of more than 13,000 characters in all are
//! refused as well, which only <https://github.com/slackapi/bolt-js/issues/2509> says.

use serde_json::{Value, json};

use super::notice::Notice;
use super::post::Post;
use super::webhook::once;

/// Of one section, of all of them, and of how many.
const LONGEST_TEXT: usize = 2_900;
const LONGEST: usize = 12_000;
const MOST_BLOCKS: usize = 40;
/// Of what a notification shows.
const LONGEST_TITLE: usize = 1_000;

pub(super) fn post(notices: &[Notice]) -> Post {
    let mut blocks: Vec<Value> = Vec::new();
    let mut length = 0;
    for notice in notices.iter().take(MOST_BLOCKS) {
        let mark = if notice.is_on() { ":red_circle:" } else { ":large_green_circle:" };
        let title = safe(&notice.title(), LONGEST_TITLE);
        let lines = safe(&notice.lines().join("\n"), LONGEST_TEXT - LONGEST_TITLE - mark.len() - 4);
        let text = format!("{mark} *{title}*\n{lines}");
        let characters = text.chars().count();
        if length + characters > LONGEST {
            break;
        }
        length += characters;
        blocks.push(section(&text));
    }
    if blocks.len() < notices.len() {
        blocks.push(section(&format!("and {} more", notices.len() - blocks.len())));
    }
    let title = notices.first().map(|notice| safe(&notice.title(), LONGEST_TITLE)).unwrap_or_default();
    let body = json!({ "text": title, "blocks": blocks });
    Post { path: String::new(), body, once: notices.iter().map(once).collect::<Vec<_>>().join(", ") }
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

/// What would be a link or a mention is text, and no longer than that when it is written out.
fn safe(text: &str, most: usize) -> String {
    let written = |character: char| match character {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        other => other.to_string(),
    };
    let all: String = text.chars().map(written).collect();
    if all.chars().count() <= most {
        return all;
    }
    let mut left = most - 1;
    let fits = text.chars().map(written).take_while(|one| {
        let fits = one.chars().count() <= left;
        left = left.saturating_sub(one.chars().count());
        fits
    });
    fits.collect::<String>() + "…"
}

#[cfg(test)]
mod tests {
    use super::super::notice::example;
    use super::*;
    use crate::alert::Change;

    #[test]
    fn nothing_in_it_is_a_mention() {
        let body = post(&[example(Change::Firing)]).body;
        let text = body["blocks"][0]["text"]["text"].as_str().unwrap();
        assert!(text.contains("7,200 &lt;requests&gt; took") && text.contains("p95&lt;=500ms"), "{text}");
    }

    #[test]
    fn what_is_cut_is_cut_between_characters_and_said() {
        assert_eq!(safe("a<b", 6), "a&lt;b");
        assert_eq!(safe("a<b<c", 6), "a&lt;…");
        let many: Vec<Notice> = (0..60).map(|_| example(Change::Firing)).collect();
        let blocks = post(&many).body["blocks"].as_array().unwrap().clone();
        assert_eq!(blocks.len(), MOST_BLOCKS + 1);
        assert_eq!(blocks[MOST_BLOCKS]["text"]["text"], "and 20 more");
    }
}
