//! One test of the suite: its text with what it includes, how it is to be read, and what it wants.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How a test is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A script in sloppy mode; through Loadline a CommonJS module, which is what a file without `import` is.
    Sloppy,
    /// A script in strict mode; through Loadline an ES module, which is what load tests are.
    Strict,
    /// An ES module.
    Module,
}

/// What a test that has to fail fails with.
pub(crate) struct Negative {
    /// The name of the error's constructor.
    pub(crate) kind: String,
    /// Before any of it runs.
    pub(crate) early: bool,
}

/// One test, read one way.
pub(crate) struct Case {
    /// Its path below `test`.
    pub(crate) name: String,
    /// The file.
    pub(crate) path: PathBuf,
    pub(crate) shape: Shape,
    /// The suite's helpers, then the test.
    pub(crate) text: String,
    pub(crate) negative: Option<Negative>,
    /// Over when it says so.
    pub(crate) waits: bool,
}

/// Folders that test what is no part of the language's core.
const LEFT_OUT: &[&str] = &["intl402", "staging"];

/// Features that the engine has not, or that need several threads or realms.
const FOREIGN: &[&str] = &[
    "Temporal",
    "ShadowRealm",
    "cross-realm",
    "host-gc-required",
    "IsHTMLDDA",
    "tail-call-optimization",
    "source-phase-imports",
    "import-defer",
    "decorators",
    "CanBlockIsFalse",
];

/// What a test finds of its host. Both sides get the same.
const HOST: &str = "var $262 = (function (transfer) { return {
  global: globalThis, gc() {}, evalScript(text) { return (0, eval)(text); },
  detachArrayBuffer(buffer) { transfer.call(buffer, 0); },
  createRealm() { throw new Error('no second realm'); },
}; })(ArrayBuffer.prototype.transfer);\n";

/// The tests below `parts` of the suite, folders or single tests (all of them without one), sorted.
pub(crate) fn list(suite: &Path, parts: &[&str]) -> io::Result<Vec<String>> {
    let root = suite.join("test");
    let mut tests = Vec::new();
    let mut folders: Vec<PathBuf> = match parts {
        [] => vec![root.clone()],
        parts => parts.iter().map(|part| root.join(part)).collect(),
    };
    folders.retain(|part| {
        let is_test = part.is_file();
        if is_test {
            tests.push(part.strip_prefix(&root).unwrap_or(part).to_string_lossy().into_owned());
        }
        !is_test
    });
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
            if path.is_dir() {
                if !LEFT_OUT.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|it| it == "js") && !name.contains("_FIXTURE") {
                tests.push(name);
            }
        }
    }
    tests.sort_unstable();
    Ok(tests)
}

impl Case {
    /// The ways in which test `name` is to be run; none when it needs what nobody has here.
    pub(crate) fn read(suite: &Path, name: &str) -> io::Result<Vec<Case>> {
        let path = suite.join("test").join(name);
        let source = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        let matter = source.split_once("/*---").and_then(|(_, rest)| rest.split_once("---*/"));
        let matter = matter.map_or("", |(matter, _)| matter).replace("\r\n", "\n").replace('\r', "\n");
        let flags = words(&matter, "flags");
        let has = |flag: &str| flags.iter().any(|it| it == flag);
        let mut includes = words(&matter, "includes");
        let foreign = words(&matter, "features").iter().any(|it| FOREIGN.contains(&it.as_str()));
        if foreign || has("CanBlockIsFalse") || includes.iter().any(|it| it == "atomicsHelper.js") {
            return Ok(Vec::new());
        }
        let waits = has("async");
        let mut helpers = String::new();
        if !has("raw") {
            helpers.push_str(HOST);
            let mut all = vec!["assert.js".to_owned(), "sta.js".to_owned()];
            if waits {
                all.push("doneprintHandle.js".to_owned());
            }
            all.append(&mut includes);
            for include in all {
                helpers.push_str(&fs::read_to_string(suite.join("harness").join(include))?);
                helpers.push('\n');
            }
        }
        if waits && !has("raw") {
            // A helper looks for it there, where a script's function is and a module's is not.
            helpers.push_str("globalThis.$DONE = $DONE;\n");
        }
        let shapes: &[Shape] = if has("module") {
            &[Shape::Module]
        } else if has("onlyStrict") {
            &[Shape::Strict]
        } else if has("noStrict") || has("raw") {
            &[Shape::Sloppy]
        } else {
            &[Shape::Sloppy, Shape::Strict]
        };
        let text = format!("{helpers}{source}\n");
        let case = |&shape: &Shape| Case {
            name: name.to_owned(),
            path: path.clone(),
            shape,
            text: text.clone(),
            negative: negative(&matter),
            waits,
        };
        Ok(shapes.iter().map(case).collect())
    }

    /// Whether the test got what it wants: `thrown` is the kind of error it ended with and what it said, and whether
    /// that was before it ran.
    pub(crate) fn judge(&self, thrown: Option<(&str, &str)>, printed: &[String]) -> crate::Outcome {
        use crate::Outcome::{Failed, Passed};
        let line = |text: &str| text.lines().next().unwrap_or_default().chars().take(160).collect::<String>();
        match (&self.negative, thrown) {
            (Some(negative), Some((kind, said))) => {
                if kind == negative.kind && !line(said).contains("This statement should not be evaluated") {
                    Passed
                } else {
                    Failed(format!("`{kind}` instead of `{}`: {}", negative.kind, line(said)))
                }
            }
            (Some(negative), None) => {
                let when = if negative.early { "before it runs" } else { "when it runs" };
                Failed(format!("no `{}` {when}", negative.kind))
            }
            (None, Some((kind, said))) => Failed(format!("{kind}: {}", line(said))),
            (None, None) if !self.waits => Passed,
            (None, None) => match printed.iter().find(|line| line.starts_with("Test262:")) {
                Some(line) if line.contains("AsyncTestComplete") => Passed,
                Some(said) => Failed(line(said)),
                None => Failed("never done".to_owned()),
            },
        }
    }
}

/// The words of a list in the front matter, in either of YAML's spellings.
fn words(matter: &str, key: &str) -> Vec<String> {
    let mut lines = matter.lines().skip_while(|line| !line.starts_with(&format!("{key}:")));
    let Some(first) = lines.next() else { return Vec::new() };
    let inline = first[key.len() + 1..].trim();
    if inline.starts_with('[') {
        let mut all = inline.to_owned();
        for line in lines.take_while(|_| !inline.contains(']')) {
            all.push_str(line.trim());
            if line.contains(']') {
                break;
            }
        }
        let inner = all.trim_start_matches('[').split(']').next().unwrap_or_default();
        return inner.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
    }
    lines.map_while(|line| line.trim_start().strip_prefix("- ")).map(|word| word.trim().to_owned()).collect()
}

fn negative(matter: &str) -> Option<Negative> {
    let block: Vec<&str> = matter
        .lines()
        .skip_while(|line| !line.starts_with("negative:"))
        .skip(1)
        .take_while(|line| line.starts_with(' '))
        .map(str::trim)
        .collect();
    let value =
        |key: &str| block.iter().find_map(|line| line.strip_prefix(key)).map(|it| it.trim().to_owned());
    Some(Negative { kind: value("type:")?, early: value("phase:")? != "runtime" })
}
