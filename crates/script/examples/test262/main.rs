//! The language's own tests (tc39/test262), on the engine alone and through everything that Loadline does to a script:
//! parsed and printed, turned into a factory, linked for a user of a realm, run on a stack of its own.
//!
//! `bench/test262 FOLDER-OF-THE-SUITE [PART…]` starts it. Tests run in child processes, which may crash, hang or eat
//! memory without taking the others along. A line for each folder says how many pass; each test that passes on one side
//! only is named with what went wrong on the other.
#![expect(clippy::print_stdout, reason = "a measuring program prints its figures")]

mod case;
mod engines;
mod pool;
mod report;

use std::path::{Path, PathBuf};

use self::case::Case;

/// What became of one test on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// As the test wants.
    Passed,
    /// Otherwise, in one line.
    Failed(String),
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--child", suite, list, from, to] => pool::child(Path::new(suite), list, from.parse()?, to.parse()?),
        ["--text", suite, test] => {
            for case in Case::read(Path::new(suite), test)? {
                println!(
                    "{:?} {}\n{:?}\n{:?}",
                    case.shape,
                    case.name,
                    engines::bare(&case),
                    engines::ours(&case)
                );
            }
            Ok(())
        }
        [suite, ref parts @ ..] if !suite.starts_with("--") => {
            let suite = PathBuf::from(suite);
            let tests = case::list(&suite, parts)?;
            report::print(&pool::run(&suite, &tests)?);
            Ok(())
        }
        _ => Err("usage: test262 SUITE [PART…] | test262 --text SUITE TEST".into()),
    }
}
