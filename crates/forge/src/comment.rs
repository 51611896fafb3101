//! The text of a comment: it begins with a mark by which it is found again, and is no longer than a forge takes.

use crate::place::Forge;

/// Characters of a comment, with some left for the rest: GitHub takes 65,536, GitLab a million.
const GITHUB: usize = 65_000;
const GITLAB: usize = 900_000;
/// No name is longer.
const LONGEST_NAME: usize = 60;

/// What is to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    mark: String,
    text: String,
}

/// Why something is no comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommentError {
    /// There is nothing to say.
    #[error("there is nothing in it to say")]
    Empty,
    /// The name cannot stand in a mark.
    #[error("a name has 1 to {LONGEST_NAME} letters, digits, `.`, `_` and `-`, and no two `-` in turn")]
    Name,
}

impl Comment {
    /// A comment in Markdown. A change may have several, by their names.
    ///
    /// # Errors
    /// Where there is nothing to say, or the name is none.
    pub fn new(name: &str, text: &str) -> Result<Self, CommentError> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_plain) || name.contains("--")
        {
            return Err(CommentError::Name);
        }
        if text.trim().is_empty() {
            return Err(CommentError::Empty);
        }
        Ok(Self { mark: format!("<!-- loadline comment {name} -->"), text: text.to_owned() })
    }

    /// Whether a comment is this one, by its text. Whoever quotes it begins otherwise.
    pub(crate) fn is(&self, text: &str) -> bool {
        text.starts_with(&self.mark)
    }

    /// All of it, cut at a line where it is too long, which it says.
    pub(crate) fn body(&self, forge: Forge) -> String {
        let most = match forge {
            Forge::GitHub => GITHUB,
            Forge::GitLab => GITLAB,
        };
        let whole = format!("{}\n{}", self.mark, self.text);
        if whole.chars().count() <= most {
            return whole;
        }
        let mut body = format!("{}\n", self.mark);
        let mut room = most - 500;
        let lines: Vec<&str> = self.text.lines().collect();
        let mut kept = 0;
        for line in &lines {
            let length = line.chars().count() + 1;
            if length > room {
                break;
            }
            room -= length;
            body += line;
            body.push('\n');
            kept += 1;
        }
        // What is open there has to be closed, or the rest of the page is within it.
        let shown = &body[self.mark.len()..];
        let fences = shown.lines().filter(|line| line.trim_start().starts_with("```")).count();
        let open = shown.matches("<details>").count().saturating_sub(shown.matches("</details>").count());
        if fences % 2 == 1 {
            body += "```\n";
        }
        body += &"\n</details>\n".repeat(open.min(20));
        let left_out = lines.len() - kept;
        body + &format!(
            "\n*Of {} lines {left_out} are left out: a comment has no room for more.*\n",
            lines.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_comment_is_cut_at_a_line_and_what_is_open_is_closed() {
        let text = format!("<details><summary>Why</summary>\n\n```\n{}", "é is one of many\n".repeat(10_000));
        let comment = Comment::new("loadline", &text).unwrap();
        let body = comment.body(Forge::GitHub);
        assert!(body.chars().count() <= 65_536);
        assert!(body.contains("many\n```\n\n</details>\n\n*Of 10003 lines "), "{}", &body[body.len() - 90..]);
        assert_eq!(comment.body(Forge::GitLab), format!("<!-- loadline comment loadline -->\n{text}"));
    }

    #[test]
    fn names_cannot_end_the_mark() {
        for name in ["", "a b", "a-->", "a--b", "é", &"a".repeat(61)] {
            assert_eq!(Comment::new(name, "text"), Err(CommentError::Name), "{name}");
        }
        assert_eq!(Comment::new("a", " \n"), Err(CommentError::Empty));
    }

    proptest! {
        #[test]
        fn it_fits_and_is_found_again(lines in prop::collection::vec("[ -~é]{0,40}", 1..40), times in 1..400_usize) {
            let text = lines.join("\n").repeat(times) + "x";
            let comment = Comment::new("a.b-c", &text).unwrap();
            for (forge, most) in [(Forge::GitHub, 65_536), (Forge::GitLab, 1_000_000)] {
                let body = comment.body(forge);
                prop_assert!(body.chars().count() <= most);
                prop_assert!(comment.is(&body));
                prop_assert!(!Comment::new("a.b", &text).unwrap().is(&body));
                prop_assert!(body.contains(&text) || body.contains("are left out"));
            }
        }
    }
}
