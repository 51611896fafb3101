//! Identifiers of Stripe's form.

/// A prefix and 23 random letters and digits.
pub(super) fn identifier(prefix: &str) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let random = rand::random::<[u8; 23]>();
    // 256 is no multiple of 62: eight letters come a little more often, which identifiers may.
    let letters = random.iter().map(|&byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
    prefix.chars().chain(letters).collect()
}
