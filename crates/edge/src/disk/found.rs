//! What was found in a folder, in numbers and in words.

/// What was found in a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Answers that are kept again.
    pub answers: u64,
    /// Answers that are not: there was no room, or they are from a time to come.
    pub not_kept: u64,
    /// Purges that were done again.
    pub purges: u64,
    /// Files that were damaged, or missing between others: all that came before was let go of.
    pub damaged: u64,
    /// Bytes of a record that a killed process has not finished.
    pub torn_bytes: u64,
    /// Files of another version, which were removed.
    pub other_versions: u64,
    /// Files that are none of ours, which were left alone.
    pub foreign: u64,
}

impl Found {
    /// What somebody should know of it, a line each; none of what is as it should be.
    pub fn words(&self) -> Vec<String> {
        let files = |count: u64| if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
        let mut words = Vec::new();
        if self.damaged > 0 {
            let are = if self.damaged == 1 { "is" } else { "are" };
            words.push(format!(
                "{} of the store {are} damaged or missing: what was kept before was let go of, because a purge may \
                 have stood there",
                files(self.damaged)
            ));
        }
        if self.torn_bytes > 0 {
            words.push(format!(
                "the last {} bytes of the store are of a record that was never finished: they are left out",
                self.torn_bytes
            ));
        }
        if self.other_versions > 0 {
            words.push(format!("{} of another version of the store removed", files(self.other_versions)));
        }
        if self.foreign > 0 {
            words.push(format!("{} in the folder not of the store, and left alone", files(self.foreign)));
        }
        if self.not_kept > 0 {
            words.push(format!(
                "{} answers of the store did not fit, or are from a time to come",
                self.not_kept
            ));
        }
        words
    }
}
