//! What caches may keep, and how long: one constant per rule.
//!
//! Only successful answers carry a public rule; everything else is private, so no cache ever keeps an error or someone's session.

/// Files whose name changes with their content.
pub(crate) const STATIC_FILES: &str = "public, immutable, max-age=31536000";
/// Images.
pub(crate) const IMAGES: &str = "public, max-age=604800, stale-while-revalidate=86400";
/// The public list of programmes.
pub(crate) const PROGRAMS: &str = "public, max-age=300, stale-while-revalidate=60";
/// The list of programmes depends on the caller's place.
pub(crate) const PROGRAMS_VARY: &str = "Accept-Encoding, X-Location";
/// The public list of providers.
pub(crate) const PROVIDERS: &str = "public, max-age=3600, stale-while-revalidate=300";
/// Health checks.
pub(crate) const HEALTH: &str = "no-cache, no-store, must-revalidate";
/// Everything else.
pub(crate) const PRIVATE: &str = "private, no-store";

/// For how long caches may keep an answer with this rule, in seconds; 0 for those that no cache shares.
pub(crate) fn cacheability(rule: &str) -> u64 {
    if !rule.starts_with("public") {
        return 0;
    }
    let age = rule.split(", ").find_map(|part| part.strip_prefix("max-age=")?.parse().ok());
    age.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_in_order() {
        let order = [PRIVATE, PROGRAMS, PROVIDERS, IMAGES, STATIC_FILES].map(cacheability);
        assert!(order.is_sorted() && order[0] == 0, "{order:?}");
        assert_eq!(cacheability(HEALTH), 0);
    }
}
