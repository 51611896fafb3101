//! How often it is tried to tell somebody: at once, then less and less often, and in the end no more.

/// What could not be told for so many seconds is lost, which is counted.
pub const GIVE_UP_S: i64 = 24 * 3600;

const LONGEST_S: u64 = 300;

/// After how many seconds it is tried again, after so many failures.
pub fn retry_s(failures: u32) -> u64 {
    (1_u64 << failures.saturating_sub(1).min(20)).min(LONGEST_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_longer_each_time() {
        assert_eq!([1, 2, 3, 9, 10, 99].map(retry_s), [1, 2, 4, 256, 300, 300]);
    }
}
