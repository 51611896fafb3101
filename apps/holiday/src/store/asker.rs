//! On whose behalf the database is asked: what a request is, as far as a statement's comment may say it.
//!
//! It goes along with the task and not through every call of the store: what a statement is for is nothing that a store
//! has to know to answer.

use std::{fmt::Write as _, future::Future, sync::Arc};

tokio::task_local! {
    static ASKER: Arc<str>;
}

/// Runs `work` on behalf of an endpoint, or of a route that has no name.
pub(crate) fn asked_by<F: Future>(
    endpoint: Option<&str>,
    route: &str,
    work: F,
) -> impl Future<Output = F::Output> + use<F> {
    ASKER.scope(comment(endpoint, route).into(), work)
}

/// The statement with a comment that says who makes it, where that is known.
pub(super) fn commented(statement: &str) -> String {
    ASKER.try_with(|comment| format!("{statement} {comment}")).unwrap_or_else(|_| statement.to_owned())
}

/// As sqlcommenter writes it: keys in order, values encoded and in quotes.
fn comment(endpoint: Option<&str>, route: &str) -> String {
    let mut comment = String::from("/*");
    for (key, value) in [("endpoint", endpoint), ("route", Some(route))] {
        let Some(value) = value else { continue };
        let comma = if comment.len() > 2 { "," } else { "" };
        // Writing to a string does not fail.
        let _ = write!(comment, "{comma}{key}='");
        for byte in value.bytes() {
            // What is left as it is can end neither the value nor the comment.
            let _ = match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    write!(comment, "{}", char::from(byte))
                }
                _ => write!(comment, "%{byte:02X}"),
            };
        }
        comment.push('\'');
    }
    comment + "*/"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_statement_says_who_makes_it() {
        let statement = async { commented("SELECT 1") };
        let named = asked_by(Some("auth.login"), "/api/auth/callback/credentials", statement).await;
        assert_eq!(
            named,
            "SELECT 1 /*endpoint='auth.login',route='%2Fapi%2Fauth%2Fcallback%2Fcredentials'*/"
        );
        let hostile = asked_by(None, "*/ '; é", async { commented("SELECT 1") }).await;
        assert_eq!(hostile, "SELECT 1 /*route='%2A%2F%20%27%3B%20%C3%A9'*/");
        assert_eq!(commented("SELECT 1"), "SELECT 1");
    }

    #[tokio::test]
    async fn the_innermost_asker_counts() {
        let inner = async {
            let inner = asked_by(None, "b", async { commented("1") }).await;
            (inner, commented("1"))
        };
        let found = asked_by(None, "a", inner).await;
        assert_eq!(found, ("1 /*route='b'*/".to_owned(), "1 /*route='a'*/".to_owned()));
    }
}
