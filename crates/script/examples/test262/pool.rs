//! Child processes that run tests, two at a time.
//!
//! A child says before each test which one it begins. When it dies or hangs, the test it had begun is to blame, and
//! another child goes on behind it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::Outcome;
use crate::case::{Case, Shape};
use crate::engines;

/// Tests of one child: runtimes of the bare engine are never freed.
const BATCH: usize = 400;

/// A child that begins nothing for so long hangs.
const HANG: Duration = Duration::from_mins(2);

/// The result of one test, read one way.
pub(crate) struct Verdict {
    pub(crate) name: String,
    pub(crate) shape: String,
    pub(crate) bare: Outcome,
    pub(crate) ours: Outcome,
    /// It leaves a rejected promise without a handler, which ends a user's call by our rule.
    pub(crate) unhandled: bool,
}

/// Runs all tests; the verdicts are in the order of the tests.
pub(crate) fn run(suite: &Path, tests: &[String]) -> std::io::Result<Vec<Verdict>> {
    let list = std::env::temp_dir().join(format!("test262-{}", std::process::id()));
    std::fs::write(&list, tests.join("\n"))?;
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let from = next.fetch_add(BATCH, Ordering::Relaxed);
                    if from >= tests.len() {
                        break;
                    }
                    let batch = run_batch(suite, &list, tests, from, (from + BATCH).min(tests.len()));
                    verdicts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(batch);
                }
            });
        }
    });
    std::fs::remove_file(&list)?;
    let mut verdicts = verdicts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    verdicts.sort_by(|a: &Verdict, b| (&a.name, &a.shape).cmp(&(&b.name, &b.shape)));
    Ok(verdicts)
}

fn run_batch(suite: &Path, list: &Path, tests: &[String], mut from: usize, to: usize) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    while from < to {
        let mut begun = from;
        let mut open: Option<Verdict> = None;
        let why = match follow(suite, list, from, to, |line| {
            take(line, tests, &mut begun, &mut open, &mut verdicts);
        }) {
            Ok(status) => status,
            Err(error) => error.to_string(),
        };
        // A side that was not heard of any more is the one that failed.
        if let Some(mut verdict) = open.take() {
            let died = Outcome::Failed(format!("died: {why}"));
            if verdict.bare == Outcome::Failed(String::new()) {
                verdict.bare = died.clone();
            }
            verdict.ours = died;
            verdicts.push(verdict);
        } else if why == "done" {
            break;
        }
        from = begun + 1;
    }
    verdicts
}

/// One line of a child: `begin NUMBER SHAPE`, then `bare OUTCOME` and `ours OUTCOME`.
fn take(line: &str, tests: &[String], begun: &mut usize, open: &mut Option<Verdict>, all: &mut Vec<Verdict>) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let outcome = || match rest.strip_prefix("failed ") {
        Some(why) => Outcome::Failed(why.to_owned()),
        None => Outcome::Passed,
    };
    match word {
        "begin" => {
            let (number, shape) = rest.split_once(' ').unwrap_or((rest, ""));
            *begun = number.parse().unwrap_or(*begun);
            let unheard = Outcome::Failed(String::new());
            let name = tests[*begun].clone();
            *open = Some(Verdict {
                name,
                shape: shape.to_owned(),
                bare: unheard.clone(),
                ours: unheard,
                unhandled: false,
            });
        }
        "bare" => open.iter_mut().for_each(|verdict| verdict.bare = outcome()),
        "unhandled" => open.iter_mut().for_each(|verdict| verdict.unhandled = true),
        "ours" => {
            if let Some(mut verdict) = open.take() {
                verdict.ours = outcome();
                all.push(verdict);
            }
        }
        _ => {}
    }
}

/// Starts a child and hands each of its lines to `line`; `done`, or how it ended.
fn follow(
    suite: &Path,
    list: &Path,
    from: usize,
    to: usize,
    mut line: impl FnMut(&str),
) -> std::io::Result<String> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--child")
        .args([suite, list])
        .args([from.to_string(), to.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut done = false;
    if let Some(output) = child.stdout.take() {
        for text in BufReader::new(output).lines() {
            let text = text?;
            done |= text == "done";
            line(&text);
        }
    }
    let status = child.wait()?;
    Ok(if done { "done".to_owned() } else { status.to_string() })
}

/// A child: runs tests `from` to `to` of `list` and says what it does.
pub(crate) fn child(
    suite: &Path,
    list: &str,
    from: usize,
    to: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    static BEGUN: AtomicU64 = AtomicU64::new(0);
    std::thread::spawn(|| {
        let mut before = u64::MAX;
        loop {
            let now = BEGUN.load(Ordering::Relaxed);
            if now == before {
                // The parent sees the exit code.
                std::process::exit(124);
            }
            before = now;
            std::thread::sleep(HANG);
        }
    });
    let list = std::fs::read_to_string(list)?;
    let mut output = std::io::stdout().lock();
    for (number, name) in list.lines().enumerate().skip(from).take(to - from) {
        for case in Case::read(suite, name)? {
            let shape = match case.shape {
                Shape::Sloppy => "sloppy",
                Shape::Strict => "strict",
                Shape::Module => "module",
            };
            BEGUN.fetch_add(1, Ordering::Relaxed);
            writeln!(output, "begin {number} {shape}")?;
            output.flush()?;
            let (bare, unhandled) = engines::bare(&case);
            writeln!(output, "bare {}", said(&bare))?;
            if unhandled {
                writeln!(output, "unhandled")?;
            }
            output.flush()?;
            writeln!(output, "ours {}", said(&engines::ours(&case)))?;
            output.flush()?;
        }
    }
    writeln!(output, "done")?;
    Ok(())
}

fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed => "passed".to_owned(),
        Outcome::Failed(why) => format!("failed {}", why.replace(['\n', '\r'], " ")),
    }
}
