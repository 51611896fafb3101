//! README and book do what they print: the commands of each chapter run in order, as printed, in a folder with what a
//! clone has.
//!
//! A chapter is a shell of its own. Files that it shows with their name in the first line (`// hello.ts`) are there
//! before the next command. Every command has to end with 0, unless `echo $?` right after it is printed with another
//! number; a verdict may be another one. Addresses of this machine become free ones, and what takes long is made
//! shorter ([`SHORTER`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use super::support::{Folder, ended, free_port};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What commands of a chapter find in a clone.
const IN_A_CLONE: [&str; 4] = ["loadtests", "bench/scripts", "loadline.toml", "docs/baselines.md"];

/// The same load, sooner over.
const SHORTER: [(&str, &str); 18] = [
    ("cargo run --release -- ", "loadline "),
    ("--restart-database-after 30s", "--restart-database-after 4s"),
    ("loadline demo", "loadline demo --users 10 --duration 10s"),
    ("--duration 10s --capacity", "--duration 20s --capacity"),
    ("--iterations 500", "--iterations 40"),
    ("--iterations 200", "--iterations 40"),
    ("seq 10", "seq 2"),
    ("-d 30s", "-d 1s"),
    ("-- --budget p95=500ms --at-most 2m", "-- --budget p95=9s --max 20 --at-most 10s || [ $? = 3 ]"),
    ("loadline capacity", "loadline capacity --max 20 --at-most 20s --budget p95=9s"),
    ("-d 8s", "-d 1s"),
    ("duration: '10s'", "duration: '2s'"),
    ("loadline hit http", "loadline hit -d 1s http"),
    ("loadline hit --rate 200 --budget", "loadline hit --rate 200 -d 1s --budget"),
    ("loadline hit --budget", "loadline hit -d 1s --budget"),
    ("--rounds 12", "--rounds 4"),
    ("-e DURATION=20m", "-e DURATION=3s"),
    ("cargo run -p loadline-monitor --example axum", "axum"),
];

/// Commands that are tried elsewhere, and where.
const ELSEWHERE: [(&str, &str); 7] = [
    ("cargo test ", "they are of the workspace's tests"),
    ("scripts/test", "it is what runs this"),
    ("cargo install ", "the gate builds the same crate"),
    ("cargo new ", "examples/rust-scenario is such a crate, and a member of the workspace"),
    ("cd shop-load", "the same"),
    ("cargo run --release", "the same"),
    ("loadline demo --watch", "demo_watch.rs runs it"),
];

/// A command as printed, and the exit code that is printed with it.
struct Printed {
    chapter: String,
    line: usize,
    command: String,
    code: i32,
}

/// What a chapter does, in order.
enum Step {
    File(String, String),
    Run(Printed),
}

fn steps(chapter: &str, text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((_, line)) = lines.next() {
        let Some(language) = line.trim_start().strip_prefix("```").filter(|language| !language.is_empty())
        else {
            continue;
        };
        let block: Vec<(usize, &str)> =
            lines.by_ref().take_while(|(_, line)| !line.trim_start().starts_with("```")).collect();
        if language != "console" {
            let named =
                block.first().and_then(|(_, line)| line.strip_prefix("// ").or(line.strip_prefix("# ")));
            if let Some(name) = named.filter(|name| name.contains('.') && !name.contains(' ')) {
                let content: Vec<&str> = block.iter().map(|(_, line)| *line).collect();
                steps.push(Step::File(name.to_owned(), content.join("\n") + "\n"));
            }
            continue;
        }
        let mut block = block.into_iter().peekable();
        while let Some((number, line)) = block.next() {
            let Some(command) = line.strip_prefix("$ ") else { continue };
            let mut command = command.to_owned();
            while command.ends_with('\\') {
                command.pop();
                command += block.next().expect("a line that goes on").1.trim_start();
            }
            let asks = command.strip_suffix("; echo $?").map(str::to_owned);
            let code = match asks {
                Some(asking) => {
                    command = asking;
                    let rest: Vec<&str> = block
                        .clone()
                        .map(|(_, line)| line)
                        .take_while(|line| !line.starts_with("$ "))
                        .collect();
                    rest.last().and_then(|line| line.parse().ok()).expect("`echo $?` prints a number")
                }
                None => 0,
            };
            let chapter = chapter.to_owned();
            steps.push(Step::Run(Printed { chapter, line: number + 1, command, code }));
        }
    }
    steps
}

/// README, and all chapters in the order of the book.
fn chapters() -> Vec<(String, String)> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let book = PathBuf::from(ROOT).join("docs/src");
    let summary = read(&book.join("SUMMARY.md"));
    let named = summary.lines().filter_map(|line| line.rsplit_once('(')?.1.strip_suffix(')'));
    let mut chapters = vec![("README.md".to_owned(), read(&PathBuf::from(ROOT).join("README.md")))];
    chapters.extend(named.map(|name| (name.to_owned(), read(&book.join(name)))));
    chapters
}

/// Fixed addresses become free ones, the same for the whole chapter.
fn with_free_ports(text: &str, ports: &mut BTreeMap<u16, u16>) -> String {
    let mut parts = text.split("127.0.0.1:");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let free = match part[..digits].parse::<u16>() {
            Ok(0) => "0".to_owned(),
            Ok(port) => ports.entry(port).or_insert_with(free_port).to_string(),
            Err(_) => String::new(),
        };
        let _ = write!(result, "127.0.0.1:{free}{}", &part[digits..]);
    }
    result
}

/// A clone's files, and the programs that a reader has installed by now.
fn clone() -> Folder {
    let folder = Folder::new();
    for path in IN_A_CLONE {
        let to = folder.path(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let copied =
            Command::new("cp").arg("-r").arg(PathBuf::from(ROOT).join(path)).arg(&to).status().unwrap();
        assert!(copied.success(), "{path}");
    }
    std::fs::create_dir_all(folder.path("bin")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_loadline"), folder.path("bin/loadline")).unwrap();
    folder
}

/// The shell of one chapter: what is wrong is said with the line that printed the command.
fn script(steps: &[Step]) -> String {
    let mut ports = BTreeMap::new();
    let mut script = String::from("PATH=$PWD/bin:$PATH; trap 'kill $(jobs -p) 2>/dev/null' EXIT\n");
    for step in steps {
        match step {
            Step::File(name, content) => {
                let content = with_free_ports(&shorter(content), &mut ports);
                let _ = writeln!(
                    script,
                    "mkdir -p \"$(dirname '{name}')\"; cat > '{name}' <<'END_OF_FILE'\n{content}END_OF_FILE"
                );
            }
            Step::Run(printed) if elsewhere(&printed.command) => {}
            Step::Run(Printed { chapter, line, command, code }) => {
                let command = with_free_ports(&shorter(command), &mut ports);
                let place = format!("{chapter}:{line}");
                if let Some(background) = command.strip_suffix('&') {
                    let _ = writeln!(script, "{background} >>served.log 2>&1 &");
                    for address in command.split("127.0.0.1:").skip(1) {
                        let port: String = address.chars().take_while(char::is_ascii_digit).collect();
                        let _ = writeln!(
                            script,
                            "until (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null; do kill -0 $! || {{ cat served.log; echo '{place} ended'; exit 1; }}; done"
                        );
                    }
                } else {
                    // How fast a busy machine is, is not for a test to say: one verdict is as good as another.
                    let judged = [0, 1, 99].contains(code) && command.starts_with("loadline ");
                    let verdicts =
                        if judged { "[ $code = 0 ] || [ $code = 1 ] || [ $code = 99 ]" } else { "false" };
                    // In the shell itself, because `cd` and `export` are meant to last.
                    let _ = writeln!(
                        script,
                        "{{ {command}\n}} >out.txt 2>&1 </dev/null; code=$?; if ! {{ [ $code = {code} ] || {verdicts}; }}; then tail -n 12 out.txt; echo '{place} ended with' $code; exit 1; fi"
                    );
                }
            }
        }
    }
    script
}

fn shorter(text: &str) -> String {
    SHORTER.iter().fold(text.to_owned(), |text, (long, short)| text.replace(long, short))
}

fn elsewhere(command: &str) -> bool {
    let command = command
        .strip_prefix("cargo run --release -- ")
        .map_or_else(|| command.to_owned(), |rest| format!("loadline {rest}"));
    ELSEWHERE.iter().any(|(prefix, _)| command.starts_with(prefix))
}

#[test]
fn every_command_of_the_book_runs_as_printed() {
    let chapters: Vec<(String, Vec<Step>)> =
        chapters().into_iter().map(|(name, text)| (name.clone(), steps(&name, &text))).collect();
    let commands = |steps: &[Step]| steps.iter().filter(|step| matches!(step, Step::Run(_))).count();
    assert!(chapters.iter().map(|(_, steps)| commands(steps)).sum::<usize>() > 25, "the book has commands");
    let (example, wrong) = (axum(), Mutex::new(BTreeSet::new()));
    let queue = Mutex::new(chapters.iter().filter(|(_, steps)| commands(steps) > 0));
    // Most of the time goes by in loads that wait.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((name, steps)) = { queue.lock().unwrap().next() } {
                    let folder = clone();
                    std::os::unix::fs::symlink(&example, folder.path("bin/axum")).unwrap();
                    folder.write("chapter.sh", &script(steps));
                    let chapter = ended(&mut folder.shell(["bash", "chapter.sh"]));
                    if chapter.code != Some(0) {
                        wrong.lock().unwrap().insert(format!("{name}:\n{}\n{}", chapter.out, chapter.err));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n\n"));
}

/// The monitor's example; the workspace's tests have built it.
fn axum() -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_loadline")).parent().unwrap().join("examples/axum");
    if !built.exists() {
        let build = ["build", "--quiet", "--locked", "-p", "loadline-monitor", "--example", "axum"];
        assert!(Command::new(env!("CARGO")).args(build).current_dir(ROOT).status().unwrap().success());
    }
    built
}
