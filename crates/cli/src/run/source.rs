//! From arguments, variables and files to what a script is prepared from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use loadline_config::EdgeSection;
use loadline_runner::{Ending, Ends, Failure};
use loadline_script::compile::{Disk, Files};
use loadline_scripted::Source;

use super::arguments::{Compat, OutputArguments};
use super::flags::{environment, flags};
use super::options::OptionArguments;
use super::standard_input::StandardInput;
use crate::common::{input, screen};

/// The most bytes of a configuration file.
const LARGEST_CONFIG: u64 = 16 << 20;

/// The environment, as far as it is text. What is said to this program has to be.
fn variables() -> Result<Vec<(String, String)>> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => variables.push((name, value)),
            (Ok(name), Err(_)) if name.starts_with("LOADLINE_") || name.starts_with("K6_") => {
                bail!("the variable `{name}` is not UTF-8 text\nhint: set it anew, or unset it");
            }
            _ => {}
        }
    }
    Ok(variables)
}

/// What `run` and `inspect` need to prepare a script from the disk.
pub(crate) fn source(
    script: &Path,
    options: &OptionArguments,
    outputs: &OutputArguments,
) -> std::result::Result<Source, Failure> {
    meant(options)?;
    let folder =
        std::env::current_dir().context("the working directory is gone").ends(Ending::Configuration)?;
    let variables = variables().ends(Ending::Configuration)?;
    let config = options
        .config
        .as_ref()
        .map(|path| {
            let text = input::text(path, LARGEST_CONFIG)
                .with_context(|| format!("cannot read the configuration file `{}`", path.display()))?;
            anyhow::Ok((path.display().to_string(), text))
        })
        .transpose()
        .ends(Ending::Configuration)?;
    let (files, entry): (Arc<dyn Files>, PathBuf) = if script == Path::new("-") {
        let typed = StandardInput::read(&folder).ends(Ending::Configuration)?;
        let entry = typed.path().to_path_buf();
        (Arc::new(typed), entry)
    } else {
        (Arc::new(Disk), script.to_path_buf())
    };
    Ok(Source {
        files,
        entry,
        folder,
        environment: environment(options, &variables).ends(Ending::Configuration)?,
        variables,
        config,
        flags: flags(options, outputs),
        allow_no_data: outputs.allow_no_data,
        as_k6: outputs.compat == Some(Compat::K6),
        scraped: Vec::new(),
        database: false,
        edge: EdgeSection::default(),
    })
}

/// What k6 takes, and nobody means: no requests at all is said otherwise, and five milliseconds are no test.
fn meant(options: &OptionArguments) -> Result<(), Failure> {
    if options.rps.as_deref().is_some_and(|text| text.trim() == "0") {
        let text = "`--rps 0` would let no request out\nhint: leave it out for no limit";
        return Err(Failure::new(Ending::Configuration, text));
    }
    if let Some(text) = options.duration.as_deref().filter(|text| text.trim().parse::<f64>().is_ok()) {
        screen::caution(&format!(
            "`--duration {text}` is {text} milliseconds, as in k6\nhint: write `{text}s` or `{text}m`"
        ));
    }
    Ok(())
}
