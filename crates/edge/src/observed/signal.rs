//! One field of an answer that tells something.

use std::fmt;

use super::outcome::Outcome;

/// Who tells what a cache did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Teller {
    /// `Cache-Status`, the standard (RFC 9211).
    CacheStatus,
    /// `CF-Cache-Status`, Cloudflare.
    Cloudflare,
    /// `X-Cache` in CloudFront's words.
    CloudFront,
    /// `X-Cache` and `X-Cache-Hits` in Fastly's words, which others use too.
    Fastly,
    /// `X-Cache` in Akamai's words, or `Server-Timing: cdn-cache`.
    Akamai,
    /// `X-Vercel-Cache`.
    Vercel,
    /// `CDN-Cache-Status`, as Google's load balancers can be told to send it.
    Google,
    /// `X-Cache-Status`, as nginx is usually told to send it.
    Nginx,
    /// `X-Varnish`, which has two numbers when an answer was there.
    Varnish,
    /// `Age`: an answer that has been somewhere for a second or more.
    Age,
}

/// What one of them tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// Who.
    pub teller: Teller,
    /// What.
    pub outcome: Outcome,
}

impl fmt::Display for Teller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::CacheStatus => "Cache-Status",
            Self::Cloudflare => "CF-Cache-Status",
            Self::CloudFront | Self::Fastly => "X-Cache",
            Self::Akamai => "X-Cache of Akamai",
            Self::Vercel => "X-Vercel-Cache",
            Self::Google => "CDN-Cache-Status",
            Self::Nginx => "X-Cache-Status",
            Self::Varnish => "X-Varnish",
            Self::Age => "Age",
        })
    }
}
