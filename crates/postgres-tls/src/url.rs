//! The parameters of a URL that are about TLS. The driver knows only some words of the first and not the second.

use std::path::PathBuf;

use crate::tls::{Encryption, Proof};

/// What a URL asks for that is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Authorities, but no mode.
    #[error("`sslrootcert` needs `sslmode=verify-full`")]
    NoMode,
    /// TLS or else plain text.
    #[error(
        "`sslmode=allow` and `sslmode=prefer` protect nothing; use `verify-full`, or `require` for a server that can't prove who it is"
    )]
    FallsBack,
    /// A mode that does not exist.
    #[error("`sslmode={0}` is none of `disable`, `require`, `verify-ca`, `verify-full`")]
    UnknownMode(String),
}

/// A URL without `sslmode` and `sslrootcert`, and what these ask for.
///
/// # Errors
/// See [`UrlError`].
pub fn split_url(url: &str) -> Result<(String, Encryption), UrlError> {
    let Some((before, query)) = url.split_once('?') else { return Ok((url.to_owned(), Encryption::None)) };
    let (mut mode, mut authorities) = (None, None);
    let mut others = Vec::new();
    for parameter in query.split('&') {
        match form_urlencoded::parse(parameter.as_bytes()).next() {
            Some((name, value)) if name == "sslmode" => mode = Some(value.into_owned()),
            Some((name, value)) if name == "sslrootcert" => authorities = Some(value.into_owned()),
            _ => others.push(parameter),
        }
    }
    let encryption = encryption(mode.as_deref(), authorities.map(PathBuf::from))?;
    Ok((format!("{before}?{}", others.join("&")), encryption))
}

/// What the two parameters of a URL ask for, or why not.
fn encryption(mode: Option<&str>, authorities: Option<PathBuf>) -> Result<Encryption, UrlError> {
    let proof = match mode {
        None if authorities.is_some() => return Err(UrlError::NoMode),
        None | Some("disable") => return Ok(Encryption::None),
        // As libpq has it: with authorities, `require` means `verify-ca`.
        Some("require") if authorities.is_none() => Proof::None,
        Some("require" | "verify-ca") => Proof::Certificate,
        Some("verify-full") => Proof::Name,
        Some("allow" | "prefer") => return Err(UrlError::FallsBack),
        Some(other) => return Err(UrlError::UnknownMode(other.to_owned())),
    };
    Ok(Encryption::Tls { proof, authorities })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_url_says_about_tls() {
        let problem = |url: &str| split_url(url).unwrap_err().to_string();
        assert!(problem("postgres://host/db?sslmode=prefer").contains("protect nothing"));
        assert!(problem("postgres://host/db?sslmode=full").contains("`verify-full`"));
        assert!(problem("postgres://host/db?sslrootcert=/ca.pem").contains("needs `sslmode=verify-full`"));
        let url = "postgres://host/db?connect_timeout=3&sslmode=verify-full&sslrootcert=/no%20where/ca.pem";
        let (url, encryption) = split_url(url).unwrap();
        assert_eq!(url, "postgres://host/db?connect_timeout=3");
        let text = encryption.connector().err().unwrap().to_string();
        assert!(text.starts_with("`sslrootcert=/no where/ca.pem` can't be read"), "{text}");
    }
}
