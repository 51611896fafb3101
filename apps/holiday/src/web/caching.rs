//! What caches may keep: the rules of `edge.toml`, which a cache in front may be given as well.
//!
//! A tower layer puts the headers of the rules on every answer by its path, so handlers say nothing of caches unless
//! they know more than a path can.

use loadline_edge::{layer::RulesLayer, rules::Rules};

/// What nobody else may get, for the handlers that know it of an answer whose path is public.
pub(crate) const PRIVATE: &str = "private, no-store";

/// The layer of this service's rules.
pub(crate) fn layer() -> RulesLayer {
    let rules = Rules::parse("apps/holiday/edge.toml", include_str!("../../edge.toml"));
    RulesLayer::new(rules.expect("the rules are compiled in, and a test reads them"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_rules_read() {
        super::layer();
    }
}
