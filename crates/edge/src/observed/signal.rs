//! What one field of an answer tells, and who tells it.

use std::fmt;

/// What caches did with a request, from whoever asked's point of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A cache served it, and asked nobody.
    Hit,
    /// A cache served what was stale: because it was asking meanwhile, or because the origin failed.
    Stale,
    /// A cache asked the origin whether what it had was still right, and it was: no body came from there.
    Revalidated,
    /// The origin served it.
    Miss,
    /// The origin served it, because no cache was to look.
    Bypass,
}

/// Who tells what a cache did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Teller {
    /// `Cache-Status`, the standard (RFC 9211).
    CacheStatus,
    /// `CF-Cache-Status`, Cloudflare.
    Cloudflare,
    /// `X-Cache` in the words of `CloudFront`.
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

impl Outcome {
    /// Whether the client did not wait for the origin.
    pub fn is_hit(self) -> bool {
        matches!(self, Self::Hit | Self::Stale)
    }
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
