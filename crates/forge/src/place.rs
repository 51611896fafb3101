//! Where a comment goes: a change of a project at a forge, and the addresses of its interface.
//!
//! Sources: <https://docs.github.com/en/rest/issues/comments>, <https://docs.gitlab.com/api/notes/>.

use url::Url;

/// Whose interface it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forge {
    /// GitHub, or GitHub Enterprise Server.
    GitHub,
    /// GitLab, of any edition.
    GitLab,
}

/// A pull request or merge request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose it is.
    pub forge: Forge,
    /// Where the interface is: `https://api.github.com`, `https://gitlab.com/api/v4`.
    pub(crate) api: Url,
    /// `owner/name`; at GitLab the path or the number of the project.
    pub(crate) project: String,
    /// The number of the change.
    pub number: u64,
    /// Whether it comes from a fork, whose jobs may not write.
    pub is_fork: bool,
}

/// Why something is no place for a comment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// It is written otherwise.
    #[error("`{0}` is no change: write it as `github:OWNER/NAME#7` or `gitlab:GROUP/NAME!7`")]
    Name(String),
    /// The interface's address is none.
    #[error("`{0}` is no address of an interface: it begins with `https://` or `http://`")]
    Api(String),
}

impl Place {
    /// A change by its name: `github:OWNER/NAME#7`, `gitlab:GROUP/NAME!7`. The address of the interface is of that
    /// forge.
    ///
    /// # Errors
    /// Where either is none.
    pub fn named(name: &str, api: &str) -> Result<Self, PlaceError> {
        let wrong = || PlaceError::Name(name.to_owned());
        let (forge, rest) = Self::forge_of(name).ok_or_else(wrong)?;
        let mark = if forge == Forge::GitHub { '#' } else { '!' };
        let (project, number) = rest.rsplit_once(mark).ok_or_else(wrong)?;
        let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
        Self::new(forge, api, project, number, false)
    }

    /// Whose a change of this name is, and the rest of it.
    pub fn forge_of(name: &str) -> Option<(Forge, &str)> {
        let github = name.strip_prefix("github:").map(|rest| (Forge::GitHub, rest));
        github.or_else(|| name.strip_prefix("gitlab:").map(|rest| (Forge::GitLab, rest)))
    }

    pub(crate) fn new(
        forge: Forge,
        api: &str,
        project: &str,
        number: u64,
        is_fork: bool,
    ) -> Result<Self, PlaceError> {
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        let api = Url::parse(api).ok().filter(is_web).ok_or_else(|| PlaceError::Api(api.to_owned()))?;
        let is_name = |part: &str| {
            let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
            !part.is_empty() && part != "." && part != ".." && part.chars().all(is_plain)
        };
        let parts: Vec<&str> = project.split('/').collect();
        let enough = match forge {
            Forge::GitHub => parts.len() == 2,
            Forge::GitLab => true,
        };
        if !enough || !parts.iter().all(|part| is_name(part)) {
            return Err(PlaceError::Name(project.to_owned()));
        }
        Ok(Self { forge, api, project: project.to_owned(), number, is_fork })
    }

    /// What people call it.
    pub fn words(&self) -> String {
        match self.forge {
            Forge::GitHub => format!("pull request #{} of {}", self.number, self.project),
            Forge::GitLab => format!("merge request !{} of {}", self.number, self.project),
        }
    }

    /// The headers of each request, for a token.
    pub fn headers(&self, token: &str) -> Vec<(&'static str, String)> {
        match self.forge {
            Forge::GitHub => vec![
                ("accept", "application/vnd.github+json".to_owned()),
                ("authorization", format!("Bearer {token}")),
                ("x-github-api-version", "2022-11-28".to_owned()),
            ],
            Forge::GitLab => {
                vec![("accept", "application/json".to_owned()), ("private-token", token.to_owned())]
            }
        }
    }

    /// The comments of the change: the first page of them, or where another one is made.
    pub(crate) fn comments(&self, page: Option<&str>) -> String {
        let number = self.number.to_string();
        let mut url = match self.forge {
            Forge::GitHub => {
                let names: Vec<&str> = self.project.split('/').collect();
                self.below(&[&["repos"], &names[..], &["issues", &number, "comments"]].concat())
            }
            Forge::GitLab => self.below(&["projects", &self.project, "merge_requests", &number, "notes"]),
        };
        url.set_query(page);
        url.into()
    }

    /// One comment.
    pub(crate) fn comment(&self, id: u64) -> String {
        let id = id.to_string();
        match self.forge {
            Forge::GitHub => {
                let names: Vec<&str> = self.project.split('/').collect();
                self.below(&[&["repos"], &names[..], &["issues", "comments", &id]].concat()).into()
            }
            Forge::GitLab => format!("{}/{id}", self.comments(None)),
        }
    }

    /// Where people see a comment, if the forge does not say.
    pub(crate) fn is_ours(&self, url: &Url) -> bool {
        url.origin() == self.api.origin()
    }

    fn below(&self, parts: &[&str]) -> Url {
        let mut url = self.api.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_named_as_people_name_it() {
        let place = Place::named("github:shop/web#7", "https://git.test/api/v3/").unwrap();
        assert_eq!(place.words(), "pull request #7 of shop/web");
        assert_eq!(place.comment(9), "https://git.test/api/v3/repos/shop/web/issues/comments/9");
        let place = Place::named("gitlab:shop/front/web!7", "https://gitlab.test/api/v4").unwrap();
        assert_eq!(
            place.comment(9),
            "https://gitlab.test/api/v4/projects/shop%2Ffront%2Fweb/merge_requests/7/notes/9"
        );
    }

    #[test]
    fn what_is_no_change_is_refused() {
        for name in [
            "",
            "github:",
            "github:web#7",
            "github:a/b/c#7",
            "github:a/b!7",
            "github:a/b#0",
            "github:a/..#1",
            "github:a/b c#1",
            "gitlab:a/b#7",
            "gitlab:!7",
            "gitlab:a?b!7",
            "shop/web#7",
        ] {
            let error = Place::named(name, "https://api.test").unwrap_err();
            assert!(error.to_string().contains("OWNER/NAME#7"), "{name}: {error}");
        }
        assert!(Place::named("github:a/b#7", "ftp://api.test").is_err());
        assert!(Place::named("github:a/b#7", "api.test").is_err());
    }
}
