//! A few of many faults: bits that flip in a Run, and files that end early, for every command that reads one. Each
//! gives what the whole file gives, or says what is wrong. `bench/faults-files` has a thousand of them.

use loadline_measure::{write_packed, write_run};

use crate::support::Folder;
use crate::whole::made;

/// A generator of numbers that are the same each time (Marsaglia's xorshift, 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

#[test]
fn damage_is_told_or_changes_nothing() {
    let folder = Folder::with(&[]);
    let mut numbers = Numbers(0x5eed);
    let whole = [write_run(&made(1, true), Vec::new()), write_packed(&made(1, true), Vec::new())];
    std::fs::write(folder.path("other.run"), write_run(&made(2, true), Vec::new()).unwrap()).unwrap();
    for bytes in whole.map(Result::unwrap) {
        std::fs::write(folder.path("fault.run"), &bytes).unwrap();
        let commands: [&[&str]; 3] = [
            &["budget", "check", "fault.run", "--json"],
            &["compare", "other.run", "fault.run", "--json"],
            &["history", "import", "fault.run"],
        ];
        let right: Vec<(Option<i32>, String)> = commands.map(|command| outcome(&folder, command)).into();
        for fault in 0..8 {
            let mut faulty = bytes.clone();
            if fault % 3 == 2 {
                faulty.truncate(numbers.below(faulty.len()));
            } else {
                let position = numbers.below(faulty.len());
                faulty[position] ^= 1 << numbers.below(8);
            }
            std::fs::write(folder.path("fault.run"), &faulty).unwrap();
            for (command, right) in commands.iter().zip(&right) {
                let (code, said) = outcome(&folder, command);
                let same = (code, &said) == (right.0, &right.1);
                let told = matches!(code, Some(1..=3)) && said.contains("error");
                let known = code == Some(0) && said.contains("is not a whole run");
                assert!(!said.contains("panicked"), "{command:?} of fault {fault}: {said}");
                assert!(same || told || known, "{command:?} of fault {fault}: {code:?} {said}");
            }
        }
    }
}

/// What a command gives.
fn outcome(folder: &Folder, command: &[&str]) -> (Option<i32>, String) {
    // The history of each import is a new one.
    let _ = std::fs::remove_dir_all(folder.path(".loadline"));
    let ended = folder.run(command);
    (ended.code, ended.out + &ended.err)
}
