//! What can be typed after `loadline comment`.

use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "\
Examples:
  loadline compare base.run head.run --markdown comment.md; loadline comment comment.md
  loadline comment --name search comment.md      # one of several on the same pull request
  GITHUB_TOKEN=… loadline comment --to github:shop/web#7 comment.md
  GITLAB_TOKEN=… loadline comment --to gitlab:shop/web!7 comment.md

In a job of GitHub Actions or GitLab CI the change is known. The token comes from `GITHUB_TOKEN` or `GH_TOKEN`, of a job \
with `permissions: { pull-requests: write }`; at GitLab from `GITLAB_TOKEN`, since a job's own token may not comment. \
The comment begins with a mark that nobody sees, by which it is found again and written over.

Exit codes: 0 it is there, or there is no change to comment on, or the change comes from a fork whose job may not, which \
is said, 2 wrong arguments or variables, 3 the file could not be read, 4 the comment could not be made.";

/// `loadline comment`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CommentArguments {
    /// The text, as Markdown
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Which of several comments on a change it is
    #[arg(long, default_value = "loadline")]
    pub(crate) name: String,
    /// The change, where this is no job of it: `github:OWNER/NAME#7` or `gitlab:GROUP/NAME!7`
    #[arg(long, value_name = "CHANGE")]
    pub(crate) to: Option<String>,
}
