//! Names that say that what they name is secret.

/// Last words of such names.
const WORDS: [&str; 26] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pass",
    "pwd",
    "secret",
    "secrets",
    "token",
    "credential",
    "credentials",
    "signature",
    "sig",
    "jwt",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "accesstoken",
    "authtoken",
    "idtoken",
    "refreshtoken",
    "sessionid",
    "authorization",
    "cookie",
    "auth",
];
/// Last two words of such names.
const PAIRS: [(&str, &str); 10] = [
    ("api", "key"),
    ("access", "key"),
    ("secret", "key"),
    ("private", "key"),
    ("signing", "key"),
    ("account", "key"),
    ("subscription", "key"),
    ("encryption", "key"),
    ("session", "id"),
    ("security", "code"),
];

/// Whether what is called this is secret: `SHOP_PASSWORD`, `api_key`, `X-Amz-Signature`, `refreshToken`.
///
/// ```
/// use loadline_secrets::says_secret;
/// assert!(says_secret("SHOP_PASSWORD") && says_secret("x-api-key") && says_secret("refreshToken"));
/// assert!(!says_secret("MAX_TOKENS") && !says_secret("key") && !says_secret("GIT_AUTHOR"));
/// ```
pub fn says_secret(name: &str) -> bool {
    // Longer than any name: a text.
    if name.len() > 100 {
        return false;
    }
    let words = words(name);
    let Some(last) = words.last() else { return false };
    if WORDS.contains(&last.as_str()) {
        return true;
    }
    let before = words.len().checked_sub(2).map(|at| words[at].as_str());
    before.is_some_and(|before| PAIRS.contains(&(before, last)))
}

/// The words of a name, in lower case: parts between other characters, and those that begin with a capital letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_was_small = false;
    for character in name.chars() {
        if !character.is_ascii_alphanumeric() || (before_was_small && character.is_ascii_uppercase()) {
            words.push(String::new());
        }
        if character.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(character.to_ascii_lowercase());
        }
        before_was_small = character.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_so_by_their_last_words() {
        for name in [
            "password",
            "DB_PASS",
            "CI_JOB_TOKEN",
            "token",
            "access_token",
            "accessToken",
            "api_key",
            "apiKey",
            "apikey",
            "API-KEY",
            "X-Amz-Signature",
            "sig",
            "Authorization",
            "Set-Cookie",
            "aws_secret_access_key",
            "user[password]",
            "clientSecret",
        ] {
            assert!(says_secret(name), "{name}");
        }
        for name in [
            "",
            "key",
            "page",
            "MAX_TOKENS",
            "TOKEN_LIFETIME",
            "SSH_AUTH_SOCK",
            "GIT_AUTHOR_NAME",
            "monkey",
            "passage",
            "tokens",
            "signed",
        ] {
            assert!(!says_secret(name), "{name}");
        }
    }
}
