//! "Did you mean": the name nearest to a misspelt one.

/// No name is longer.
const LONGEST_NAME: usize = 500;

/// The candidate nearest to `word`, when it is near enough that a slip of the keyboard explains it.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer than any name, and no slip of the keyboard.
    if word.len() > LONGEST_NAME {
        return None;
    }
    let allowed = (word.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST_NAME)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|&(distance, _)| distance <= allowed)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Edit distance with swaps; a difference of case alone counts as one edit at most.
fn distance(word: &str, candidate: &str) -> usize {
    if word.eq_ignore_ascii_case(candidate) {
        return usize::from(word != candidate);
    }
    strsim::damerau_levenshtein(word, candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["k6/http", "k6/metrics", "vus", "maxVUs"];
        assert_eq!(nearest("k6/htttp", names), Some("k6/http"));
        assert_eq!(nearest("maxvus", names), Some("maxVUs"));
        assert_eq!(nearest("vu", names), Some("vus"));
        assert_eq!(nearest("thresholds", names), None);
    }
}
