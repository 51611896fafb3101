//! Whether one pattern leaves another nothing: a rule behind it never matches.
//!
//! Stars of the second pattern are replaced by names that no literal has, so that only stars of the first can stand for
//! them. `**` is tried as no, one and two segments, `*` as nothing and something, a set as each of its endings: a first
//! pattern that matches all of these matches whatever the second does.

use super::pattern::{Pattern, Segment};

/// What stands for something that nobody has written.
const FRESH: &str = "\u{10fffd}";
/// So many examples at the most; a pattern with more of them is taken for one that is not covered.
const MOST: usize = 4_096;

/// Whether every path of `later` is one of `earlier`.
pub(super) fn covers(earlier: &Pattern, later: &Pattern) -> bool {
    let mut paths = vec![String::new()];
    for segment in later.segments() {
        let ways = ways(segment);
        if paths.len() * ways.len() > MOST {
            return false;
        }
        paths = paths.iter().flat_map(|path| ways.iter().map(move |way| format!("{path}{way}"))).collect();
    }
    paths.iter().map(|path| if path.is_empty() { "/" } else { path }).all(|path| earlier.matches(path))
}

fn ways(segment: &Segment) -> Vec<String> {
    match segment {
        Segment::Any => vec![String::new(), format!("/{FRESH}"), format!("/{FRESH}/{FRESH}")],
        Segment::One(literals, endings) => {
            let endings = if endings.is_empty() { &[String::new()] } else { endings.as_slice() };
            let fillings: &[&str] = if literals.len() > 1 { &["", FRESH] } else { &[""] };
            let fill = |filling: &&str| {
                let name = literals.join(filling);
                endings.iter().map(move |ending| format!("/{name}{ending}")).collect::<Vec<_>>()
            };
            fillings.iter().flat_map(fill).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_others_or_not() {
        for (earlier, later, expected) in [
            ("/**", "/a", true),
            ("/a/**", "/a/*", true),
            ("/a/*", "/a/**", false),
            ("/a/**", "/a/b/*.{css,js}", true),
            ("/a/*.css", "/a/*.{css,js}", false),
            ("/a/*.{css,js}", "/a/*.css", true),
            ("/a", "/a", true),
            ("/a", "/*", false),
            ("/*", "/a", true),
            ("/**/*.js", "/a/**", false),
            ("/api/*", "/api/public.getPrograms", true),
        ] {
            let [one, other] = [earlier, later].map(|text| Pattern::parse(text).unwrap());
            assert_eq!(covers(&one, &other), expected, "{earlier} {later}");
        }
    }
}
