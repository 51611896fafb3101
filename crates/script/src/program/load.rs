//! Loading: compile the script, run its init code once, and read what it says of itself.
//!
//! The first run of the init code defines the script's metrics and yields its options; it happens in a realm of its
//! own that is gone afterwards. What it does there tells whether users can share a realm, where the text does not.

use std::cell::RefCell;
use std::future::Future;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use loadline_measure::Recorder;

use super::aside::aside;
use super::error::LoadError;
use crate::compile::{self, Builtins, Bundle, Files, OwnRealm};
use crate::modules::{self, Level, Process, Source, VuState, WorkerState};
use crate::text::script_text;
use crate::vm::{CallError, Realm, RealmSettings, ScriptText, Sharing, StopWhen};

/// How long the init code of one virtual user may run unless told otherwise.
pub const INIT_LIMIT: Duration = Duration::from_mins(1);

/// A script whose init code has run once.
#[derive(Clone)]
pub struct Script {
    bundle: Arc<Bundle>,
    pub(super) text: Arc<ScriptText>,
    pub(super) realms: RealmSettings,
    own_realm: Option<OwnRealm>,
    options: Option<String>,
    functions: Vec<String>,
}

/// A script that is compiled and has not run.
struct Compiled {
    bundle: Arc<Bundle>,
    text: Arc<ScriptText>,
}

impl Compiled {
    fn new(files: Arc<dyn Files>, entry: &Path, folder: &Path) -> Result<Self, LoadError> {
        let builtins = modules::exports()
            .fold(Builtins::new(), |builtins, (name, exports)| builtins.with(name, &exports));
        let settings = compile::Settings { files, base: folder.to_path_buf(), builtins };
        let bundle = Arc::new(compile::compile(entry, &settings)?);
        let text = script_text(&bundle);
        Ok(Self { bundle, text })
    }

    /// Runs the init code and asks what it exports.
    fn look(self, process: &Arc<Process>, realms: RealmSettings) -> Result<Script, LoadError> {
        let Self { bundle, text } = self;
        let failed = |error: CallError| LoadError::Init { script: text.entry.clone(), fault: error.into() };
        let mut own_realm = bundle.own_realm();
        let recorder = Rc::new(RefCell::new(Recorder::new(Arc::clone(&process.schema))));
        let worker = WorkerState::new(Arc::clone(process), recorder, None);
        let instantiate = |sharing| {
            let first = RealmSettings { sharing, ..realms.clone() };
            let realm = realm(&text, &first, process).map_err(failed)?;
            let language = realm.language().map_err(failed)?;
            let vu = realm.instantiate(0, VuState::new(Rc::clone(&worker), 0));
            Ok::<_, LoadError>((realm, language, vu))
        };
        let sharing = if own_realm.is_some() { Sharing::Alone } else { Sharing::Watched };
        let (mut realm, mut language, mut vu) = instantiate(sharing)?;
        if let (Err(CallError::Thrown(_)), Some(how)) = (&vu, realm.findings(None).map_err(failed)?.code) {
            // Text that becomes code did not find what it looked for: it does in a realm of its own.
            own_realm = Some(OwnRealm::Code(how));
            (realm, language, vu) = instantiate(Sharing::Alone)?;
        }
        let vu = vu.map_err(failed)?;
        let options = vu.export_json("options").map_err(failed)?;
        let mut functions = Vec::new();
        for name in vu.export_names().map_err(failed)? {
            if vu.export(&name).map_err(failed)?.is_some() {
                functions.push(name);
            }
        }
        let findings = realm.findings(language.as_deref()).map_err(failed)?;
        let own_realm = own_realm
            .or_else(|| findings.code.map(OwnRealm::Code))
            .or_else(|| findings.language.map(OwnRealm::Language));
        Ok(Script { bundle, text: Arc::clone(&text), realms, own_realm, options, functions })
    }
}

impl Script {
    /// [`Script::load`] on a thread of its own, so that it ends soon after `interrupt` returns, or after the limit of
    /// init code, whatever the script does.
    ///
    /// # Errors
    /// As [`Script::load`]; [`Fault::Interrupted`](super::Fault::Interrupted) in it after `interrupt`.
    pub async fn load_aside(
        files: Arc<dyn Files>,
        entry: &Path,
        folder: &Path,
        process: Arc<Process>,
        mut realms: RealmSettings,
        interrupt: impl Future<Output = ()>,
    ) -> Result<Self, LoadError> {
        let shown = entry.strip_prefix(folder).unwrap_or(entry).display().to_string();
        let (entry, folder) = (entry.to_path_buf(), folder.to_path_buf());
        let limit = realms.init_limit;
        let loaded = aside(
            "script",
            move |side| {
                realms.stop_init = side.stop();
                let compiled = Compiled::new(files, &entry, &folder);
                side.limit(limit);
                side.done(compiled.and_then(|compiled| compiled.look(&process, realms)));
            },
            interrupt,
            |_| {},
        );
        match loaded.await {
            Ok(loaded) => loaded.map(|mut script| {
                script.realms.stop_init = StopWhen::never();
                script
            }),
            Err(left) => Err(LoadError::Init { script: shown, fault: left.into() }),
        }
    }

    /// Compiles the script at `entry` and runs its init code once. File names are shown relative to `folder`.
    ///
    /// `process` decides what the init code sees (`__ENV`, `open`) and where its metrics are defined.
    ///
    /// # Errors
    /// [`LoadError`]: it does not compile, or its init code throws, or takes more time or memory than `realms` allows.
    pub fn load(
        files: Arc<dyn Files>,
        entry: &Path,
        folder: &Path,
        process: &Arc<Process>,
        realms: RealmSettings,
    ) -> Result<Self, LoadError> {
        Compiled::new(files, entry, folder)?.look(process, realms)
    }

    /// A new realm for users of this script.
    pub(super) fn realm(&self, process: &Arc<Process>) -> Result<Realm, CallError> {
        self.realm_with(&self.realms, process)
    }

    /// The same with other limits.
    pub(super) fn realm_with(
        &self,
        realms: &RealmSettings,
        process: &Arc<Process>,
    ) -> Result<Realm, CallError> {
        realm(&self.text, realms, process)
    }

    /// The entry file as users know it.
    pub fn entry(&self) -> &str {
        &self.text.entry
    }

    /// The exported `options` as JSON text, if there are any.
    pub fn options(&self) -> Option<&str> {
        self.options.as_deref()
    }

    /// The names of the exported functions, sorted.
    pub fn functions(&self) -> &[String] {
        &self.functions
    }

    /// Whether a function of this name is exported.
    pub fn has_function(&self, name: &str) -> bool {
        self.functions.iter().any(|function| function == name)
    }

    /// Why the script's virtual users cannot share a realm, if they cannot.
    pub fn own_realm(&self) -> Option<&OwnRealm> {
        self.own_realm.as_ref()
    }

    /// The limits of its realms, and what their users share.
    pub fn realms(&self) -> &RealmSettings {
        &self.realms
    }

    /// Sets the limits of the realms that are made from now on, and what their users share.
    pub fn set_realms(&mut self, realms: RealmSettings) {
        self.realms = realms;
    }

    /// The packages whose modules can live once per realm, sorted.
    pub fn shareable_packages(&self) -> Vec<&str> {
        self.bundle.shareable_packages()
    }

    /// The text of every file it is made of, with its name as users know it: what has to be the same for two runs to
    /// have run the same.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.bundle.modules.iter().map(|module| (module.name.as_str(), &*module.source))
    }

    /// The files it is made of, as users know them, with the bytes of each.
    pub fn files(&self) -> impl Iterator<Item = (&str, usize)> {
        self.bundle.modules.iter().map(|module| (module.name.as_str(), module.source.len()))
    }
}

/// A realm with our modules, which says when it ends and cannot be freed.
fn realm(text: &Arc<ScriptText>, realms: &RealmSettings, process: &Arc<Process>) -> Result<Realm, CallError> {
    let realm = Realm::new(Arc::clone(text), realms, modules::install)?;
    let log = Arc::clone(&process.log);
    realm.report_leaks(Rc::new(move |blocks| {
        let message = format!(
            "the JavaScript engine forgot {blocks} blocks of memory of a realm that has ended; results are not affected"
        );
        log.log(Level::Debug, Source::Engine, &message);
    }));
    Ok(realm)
}
