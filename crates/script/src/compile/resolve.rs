//! From an import's text to a file: relative paths, packages, tsconfig paths, built-in modules.
//!
//! `oxc_resolver` does what Node and TypeScript do; this module feeds it from [`Files`], chooses the
//! conditions, and turns what cannot be resolved into a message that says what to do. Scripts run neither
//! in Node nor in a browser, but packages made for browsers come without Node's own modules, so their
//! `browser` variant is the one that works here.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxc_resolver::{
    FileMetadata, FileSystem, PackageType, ResolveError, ResolveOptions, ResolverGeneric, TsconfigDiscovery,
};

use crate::compile::builtins::Builtins;
use crate::compile::files::{Files, Kind};
use crate::compile::suggest::nearest;

/// Extensions tried for an import without one, in TypeScript's own order.
const EXTENSIONS: [&str; 8] = [".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", ".cts", ".json"];

/// Linux's own limit for a path; looking for longer ones takes time and memory with the square of their length.
const LONGEST_SPECIFIER: usize = 4_096;

/// How a module asks for another one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Asked {
    /// `import … from`, `export … from`.
    Import,
    /// `import(…)`.
    Later,
    /// `require(…)`.
    Require,
}

/// What an import stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Target {
    /// A file; `module` when its package says that `.js` means ES module.
    File { path: PathBuf, module: bool },
    /// A module which the virtual machine provides.
    Builtin(String),
    /// A file that the package's `browser` field switches off.
    Nothing,
}

/// Why an import stands for nothing, and what can be done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// The resolver of one compilation: its caches live as long.
pub(crate) struct Resolver {
    files: Arc<dyn Files>,
    builtins: Builtins,
    imports: ResolverGeneric<Tree>,
    requires: ResolverGeneric<Tree>,
}

impl Resolver {
    pub(crate) fn new(files: Arc<dyn Files>, builtins: Builtins) -> Self {
        let options = |condition: &str, main: &[&str]| ResolveOptions {
            tsconfig: Some(TsconfigDiscovery::Auto),
            alias_fields: vec![vec!["browser".to_owned()]],
            condition_names: strings(&["k6", condition, "browser", "module", "default"]),
            extension_alias: vec![
                (".js".to_owned(), strings(&[".ts", ".tsx", ".js"])),
                (".mjs".to_owned(), strings(&[".mts", ".mjs"])),
                (".cjs".to_owned(), strings(&[".cts", ".cjs"])),
            ],
            extensions: strings(&EXTENSIONS),
            main_fields: strings(main),
            node_path: false,
            ..ResolveOptions::default()
        };
        let imports = ResolverGeneric::new_with_file_system(
            Tree(Some(files.clone())),
            options("import", &["browser", "module", "main"]),
        );
        let requires = imports.clone_with_options(options("require", &["browser", "main"]));
        Self { files, builtins, imports, requires }
    }

    /// What `specifier` stands for in the file `importer`.
    pub(crate) fn resolve(&self, importer: &Path, specifier: &str, asked: Asked) -> Result<Target, Refusal> {
        if specifier.len() > LONGEST_SPECIFIER {
            return Err(Refusal {
                message: format!("`{specifier}` is longer than any path"),
                hint: Some(format!("a path has {LONGEST_SPECIFIER} bytes at the most")),
            });
        }
        if self.builtins.has(specifier) {
            return Ok(Target::Builtin(specifier.to_owned()));
        }
        if self.builtins.claims(specifier) {
            let (message, hint) = self.builtins.refuse(specifier);
            return Err(Refusal { message, hint: Some(hint) });
        }
        if specifier.starts_with("https://") || specifier.starts_with("http://") {
            return Err(Refusal {
                message: format!("`{specifier}` is a remote module, and scripts are loaded from files only"),
                hint: Some("download it next to the script, or install it with npm".to_owned()),
            });
        }
        let specifier = specifier.strip_prefix("file://").unwrap_or(specifier);
        let resolver = if asked == Asked::Require { &self.requires } else { &self.imports };
        match resolver.resolve_file(importer, specifier) {
            Ok(found) => Ok(Target::File {
                module: found.package_json().and_then(|package| package.r#type())
                    == Some(PackageType::Module),
                path: found.into_path_buf(),
            }),
            Err(ResolveError::Ignored(_)) => Ok(Target::Nothing),
            Err(error) => Err(self.explain(importer, specifier, &error)),
        }
    }

    fn explain(&self, importer: &Path, specifier: &str, error: &ResolveError) -> Refusal {
        let folder = importer.parent().unwrap_or(Path::new("/"));
        match error {
            ResolveError::NotFound(_) | ResolveError::ExtensionAlias(..)
                if specifier.starts_with('.') || specifier.starts_with('/') =>
            {
                let path = folder.join(specifier);
                Refusal { message: format!("cannot find `{specifier}`"), hint: self.near(&path, specifier) }
            }
            ResolveError::NotFound(_) if specifier.starts_with("node:") || is_node_module(specifier) => {
                Refusal {
                    message: format!(
                        "`{specifier}` is a module of Node.js, and scripts do not run in Node.js"
                    ),
                    hint: Some("use the k6 modules, or a package that works in browsers".to_owned()),
                }
            }
            ResolveError::NotFound(_) => Refusal {
                message: format!("cannot find package `{specifier}`"),
                hint: Some(format!(
                    "install it with `npm install {}`, or write `./{specifier}` for a file beside this one",
                    package_of(specifier)
                )),
            },
            error => Refusal { message: format!("cannot resolve `{specifier}`: {error}"), hint: None },
        }
    }

    /// A file in the same folder whose name is nearly the one asked for.
    fn near(&self, path: &Path, specifier: &str) -> Option<String> {
        let wanted = path.file_name()?.to_str()?;
        let names = self.files.names(path.parent()?);
        let names: Vec<&str> = names.iter().map(|name| shown(name, wanted)).collect();
        let near = nearest(wanted, names)?;
        let before = specifier.strip_suffix(wanted)?;
        Some(format!("did you mean `{before}{near}`?"))
    }
}

/// A file's name as an import would write it: without the extension, if the import has none.
fn shown<'a>(name: &'a str, wanted: &str) -> &'a str {
    if wanted.contains('.') {
        return name;
    }
    EXTENSIONS.iter().find_map(|extension| name.strip_suffix(extension)).unwrap_or(name)
}

/// The package of `@scope/package/file` or `package/file`.
fn package_of(specifier: &str) -> String {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    specifier.split('/').take(parts).collect::<Vec<_>>().join("/")
}

/// The modules of Node.js that scripts written for it use most.
fn is_node_module(specifier: &str) -> bool {
    const NODE: &[&str] = &[
        "assert",
        "buffer",
        "child_process",
        "cluster",
        "crypto",
        "dns",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "querystring",
        "readline",
        "stream",
        "timers",
        "tls",
        "tty",
        "url",
        "util",
        "vm",
        "worker_threads",
        "zlib",
    ];
    NODE.contains(&package_of(specifier).as_str())
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|&item| item.to_owned()).collect()
}

/// [`Files`] as `oxc_resolver` wants to see a file system.
struct Tree(Option<Arc<dyn Files>>);

impl Tree {
    fn files(&self) -> io::Result<&dyn Files> {
        self.0.as_deref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn metadata_of(&self, path: &Path, follow: bool) -> io::Result<FileMetadata> {
        let kind = self.files()?.kind(path, follow)?;
        Ok(FileMetadata::new(kind == Kind::File, kind == Kind::Folder, kind == Kind::Link))
    }
}

impl FileSystem for Tree {
    /// An empty tree; the trait asks for it, and nothing here calls it.
    fn new() -> Self {
        Self(None)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files()?.read(path)
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        String::from_utf8(self.read(path)?).map_err(|_| io::ErrorKind::InvalidData.into())
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        self.metadata_of(path, true)
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        self.metadata_of(path, false)
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, ResolveError> {
        Ok(self.files()?.link(path)?)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }
}
