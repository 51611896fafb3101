//! Places in a text that give a secret away: user and password of a URL, parameters of a query, a bearer's token.

use std::ops::Range;

use crate::mask::MASK;
use crate::names::says_secret;

/// What stands in place of user and password, as k6 writes it.
const CREDENTIALS: &str = "****:****";

/// A part of a text and what stands in its place.
pub(crate) type Place = (Range<usize>, &'static str);

/// All such places, whatever a name that is `listed` says of itself.
pub(crate) fn places(text: &str, listed: &dyn Fn(&str) -> bool, found: &mut Vec<Place>) {
    credentials(text, found);
    parameters(text, listed, found);
    bearers(text, found);
}

fn ends_a_url(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '\'' | '`' | '<' | '>')
}

fn credentials(text: &str, found: &mut Vec<Place>) {
    let mut from = 0;
    while let Some(slashes) = text[from..].find("://") {
        let start = from + slashes + 3;
        let whole = &text[start..start + text[start..].find(ends_a_url).unwrap_or(text.len() - start)];
        if let Some(length) = user_info(whole) {
            found.push((start..start + length, CREDENTIALS));
        }
        from = start;
    }
}

/// How much of what follows `://` is user and password.
fn user_info(url: &str) -> Option<usize> {
    let authority = &url[..url.find(['/', '?', '#']).unwrap_or(url.len())];
    if let Some(at) = authority.rfind('@') {
        return Some(at);
    }
    // A password with a slash in it makes no URL, and is one nevertheless.
    let (_, port) = authority.split_once(':')?;
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if is_port { None } else { url[authority.len()..].find('@').map(|at| authority.len() + at) }
}

fn parameters(text: &str, listed: &dyn Fn(&str) -> bool, found: &mut Vec<Place>) {
    for (start, _) in text.match_indices(['?', '&', ';', '#']) {
        let rest = &text[start + 1..];
        let is_name = |character: char| {
            character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '[' | ']' | '%' | '$')
        };
        let length = rest.find(|character| !is_name(character)).unwrap_or(rest.len());
        let (name, value) = rest.split_at(length);
        let Some(value) = value.strip_prefix('=') else { continue };
        if !(says_secret(name) || listed(name)) {
            continue;
        }
        let begin = start + 1 + name.len() + 1;
        let ends =
            |character: char| ends_a_url(character) || matches!(character, '&' | ';' | '#' | '}' | ',');
        let end = begin + value.find(ends).unwrap_or(value.len());
        if end > begin {
            found.push((begin..end, MASK));
        }
    }
}

fn bearers(text: &str, found: &mut Vec<Place>) {
    for scheme in ["Bearer ", "bearer ", "Basic "] {
        for (start, _) in text.match_indices(scheme) {
            let begin = start + scheme.len();
            let token = |character: char| {
                character.is_ascii_alphanumeric()
                    || matches!(character, '-' | '.' | '_' | '~' | '+' | '/' | '=')
            };
            let length = text[begin..].find(|character| !token(character)).unwrap_or(text.len() - begin);
            // Shorter ones are words.
            if length >= 16 {
                found.push((begin..begin + length, MASK));
            }
        }
    }
}
