//! Tables of what passed on which side, and the tests that differ.

use std::collections::BTreeMap;

use crate::Outcome;
use crate::pool::Verdict;

/// How many tests a folder has, and how many pass on each side.
#[derive(Clone, Copy, Default)]
struct Tally {
    tests: u64,
    bare: u64,
    ours: u64,
    /// Passed by the bare engine, failed by us.
    lost: u64,
}

impl Tally {
    fn add(&mut self, verdict: &Verdict) {
        let (bare, ours) = (verdict.bare == Outcome::Passed, verdict.ours == Outcome::Passed);
        self.tests += 1;
        self.bare += u64::from(bare);
        self.ours += u64::from(ours);
        self.lost += u64::from(bare && !ours);
    }

    fn line(&self, name: &str) -> String {
        format!("{name:<44} {:>7} {:>7} {:>7} {:>6}", self.tests, self.bare, self.ours, self.lost)
    }
}

/// Prints the table by folder and the list of differences.
pub(crate) fn print(verdicts: &[Verdict]) {
    let mut folders: BTreeMap<String, Tally> = BTreeMap::new();
    let mut all = Tally::default();
    for verdict in verdicts {
        let folder: Vec<&str> = verdict.name.split('/').take(2).collect();
        folders.entry(folder.join("/")).or_default().add(verdict);
        all.add(verdict);
    }
    println!("{:<44} {:>7} {:>7} {:>7} {:>6}", "folder", "tests", "bare", "ours", "lost");
    for (name, tally) in &folders {
        println!("{}", tally.line(name));
    }
    println!("{}", all.line("all"));
    let lost = |unhandled: bool| {
        for verdict in verdicts.iter().filter(|verdict| verdict.unhandled == unhandled) {
            if let (Outcome::Passed, Outcome::Failed(why)) = (&verdict.bare, &verdict.ours) {
                println!("{} ({}): {why}", verdict.name, verdict.shape);
            }
        }
    };
    println!("\npassed by the bare engine, failed by ours:");
    lost(false);
    println!(
        "\nthe same, but the test leaves a rejected promise that nobody handles, which ends a user's call:"
    );
    lost(true);
    println!("\nfailed by the bare engine, passed by ours:");
    for verdict in verdicts {
        if let (Outcome::Failed(why), Outcome::Passed) = (&verdict.bare, &verdict.ours) {
            println!("{} ({}): {why}", verdict.name, verdict.shape);
        }
    }
    println!("\nended a process:");
    for verdict in verdicts {
        for (side, outcome) in [("bare", &verdict.bare), ("ours", &verdict.ours)] {
            if let Outcome::Failed(why) = outcome
                && why.starts_with("died")
            {
                println!("{} ({}), {side}: {why}", verdict.name, verdict.shape);
            }
        }
    }
}
