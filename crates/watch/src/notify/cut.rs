//! Texts that are no longer than somebody takes them.

/// The beginning of a text, of so many characters at the most; what is cut off is said by an ellipsis.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept + "…"
}

/// A key of so many bytes at the most, and still another one for another text.
pub(super) fn key(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    // FNV-1a, which is the same in each build and on each machine.
    let digest = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let end = (0..=most - 17).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{} {digest:016x}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_is_said_to_be() {
        assert_eq!((cut("abc", 3), cut("äbcd", 3)), ("abc".to_owned(), "äb…".to_owned()));
    }

    #[test]
    fn two_long_keys_with_one_beginning_are_two() {
        let [page, ticket] = ["page", "ticket"].map(|end| key(&format!("{}{end}", "🚢".repeat(99)), 255));
        assert_ne!(page, ticket);
        assert!(page.len() <= 255 && page.starts_with('🚢'), "{page}");
        assert_eq!(key("short", 255), "short");
    }
}
