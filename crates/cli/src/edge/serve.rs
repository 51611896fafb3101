//! `loadline edge serve`: the cache as a server.

use std::fs::OpenOptions;
use std::future::pending;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use anyhow::Context;
use loadline_edge::rules::Rules;
use loadline_edge_server::{
    Edge, LogWriter, Origin, OriginLimits, RulesSource, Settings, Waits, authorities, serve_admin, server_tls,
};
use loadline_runner::{Ending, Ends, Failure, raise_descriptor_limit};
use loadline_serve::{Bound, Drained, Patience, Stop, Token, stop_requested};
use loadline_units::count;
use loadline_verdict::escape;
use rustls::ServerConfig;
use tokio::signal::unix::{SignalKind, signal};

use super::arguments::ServeArguments;
use super::file;
use crate::common::{input, print, screen};

/// The most bytes of a token's file.
const LONGEST_TOKEN: u64 = 4096;

/// Serves until it is told to stop.
pub(crate) fn serve(arguments: &ServeArguments) -> Result<Ending, Failure> {
    // Connections take them, and so do large bodies.
    raise_descriptor_limit();
    let edge = Edge::new(settings(arguments)?, source(arguments.rules.clone()));
    let edge = edge.map_err(|error| Failure::new(Ending::Configuration, error))?;
    let tls = arguments.tls_cert.as_deref().zip(arguments.tls_key.as_deref());
    let tls = tls.map(|(certificate, key)| server_tls(certificate, key)).transpose();
    let tls = tls.ends(Ending::Configuration)?;
    if let Some(folder) = &arguments.disk {
        let found = edge.keep_in(folder, arguments.disk_size).ends(Ending::CouldNotRun)?;
        for words in found.words() {
            screen::caution(&words);
        }
        if found.answers > 0 {
            screen::remark(&format!("answers from before that are kept again: {}", count(found.answers)));
        }
    }
    // Held to the end: the last lines are written when it is dropped.
    let _log = arguments.access_log.as_deref().map(|path| log(&edge, path)).transpose()?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let ended = runtime.block_on(serving(arguments, &edge, tls));
    edge.settle();
    ended
}

async fn serving(
    arguments: &ServeArguments,
    edge: &Arc<Edge>,
    tls: Option<Arc<ServerConfig>>,
) -> Result<Ending, Failure> {
    let bound = Bound::new(arguments.listen).await.ends(Ending::CouldNotRun)?;
    let bound = match tls {
        Some(config) => bound.with_tls(config),
        None => bound,
    };
    let admin = match arguments.admin {
        Some(address) => Some(Bound::new(address).await.ends(Ending::CouldNotRun)?),
        None => None,
    };
    let stop = if arguments.exit_with_parent { Stop::SignalOrEndOfInput } else { Stop::Signal };
    let stop = stop_requested(stop).ends(Ending::CouldNotRun)?;
    let mut reload = signal(SignalKind::hangup()).ends(Ending::CouldNotRun)?;
    let mut said = format!("listening on {bound:?}\n");
    if let Some(admin) = &admin {
        said += &format!("metrics on {admin:?}/metrics\n");
    }
    print(said.as_bytes()).ends(Ending::OutputNotWritten)?;
    let workers = match arguments.workers {
        Some(workers) => usize::from(workers),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let serving = loadline_edge_server::serve(edge, vec![bound], workers, Patience::default(), stop);
    let administering = async {
        match admin {
            Some(bound) => serve_admin(edge, bound, Patience::default(), pending()).await,
            None => pending().await,
        }
    };
    let (mut serving, mut administering) = (pin!(serving), pin!(administering));
    loop {
        tokio::select! {
            ended = &mut serving => {
                if ended.ends(Ending::CouldNotRun)? == Drained::CutOff {
                    screen::caution("some requests took too long to be answered, and were cut off");
                }
                return Ok(Ending::Passed);
            }
            _ = &mut administering => {}
            _ = reload.recv() => again(edge),
        }
    }
}

/// Rules, from their file each time they are read.
fn source(path: Option<PathBuf>) -> RulesSource {
    Box::new(move || match &path {
        Some(path) => file::read(path).map(|(rules, _, _)| rules).map_err(|failure| failure.text()),
        None => Ok(Rules::default()),
    })
}

fn log(edge: &Arc<Edge>, path: &Path) -> Result<LogWriter, Failure> {
    let to: Box<dyn Write + Send> = if path == Path::new("-") {
        Box::new(std::io::stdout())
    } else {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let shown = path.display().to_string();
        let file = file.with_context(|| format!("cannot write the access log `{}`", escape(&shown)));
        Box::new(file.ends(Ending::OutputNotWritten)?)
    };
    edge.log_to(to).ends(Ending::CouldNotRun)
}

/// The token of whoever may purge, from its file.
fn token(path: &Path) -> Result<Token, Failure> {
    let shown = path.display().to_string();
    let text = input::text(path, LONGEST_TOKEN)
        .with_context(|| format!("cannot read the token `{}`", escape(&shown)))
        .ends(Ending::Configuration)?;
    Token::chosen(text.trim()).ok_or_else(|| {
        let why = format!(
            "`{}` holds no token\nhint: one line of letters and digits, such as `openssl rand -hex 16` writes",
            escape(&shown)
        );
        Failure::new(Ending::Configuration, why)
    })
}

fn settings(arguments: &ServeArguments) -> Result<Settings, Failure> {
    let trusted = arguments.origin_ca.as_deref().map(authorities).transpose();
    let origin = Origin::new(&arguments.origin, trusted.ends(Ending::Configuration)?);
    let mut settings = Settings::new(origin.ends(Ending::Configuration)?);
    settings.origin_host.clone_from(&arguments.origin_host);
    settings.negative = arguments.negative;
    settings.tells_timing = arguments.server_timing;
    settings.access.token = arguments.token_file.as_deref().map(token).transpose()?;
    settings.limits.bytes = arguments.memory;
    settings.limits.body = arguments.largest;
    settings.origin_limits =
        OriginLimits { at_once: arguments.origin_requests as usize, queue: arguments.origin_queue as usize };
    settings.waits = Waits {
        connect: arguments.connect_timeout,
        head: arguments.timeout,
        queue: arguments.queue_timeout,
        idle: arguments.timeout,
        ..Waits::default()
    };
    Ok(settings)
}

/// Reads the rules again; bad ones are told, and the old ones stay.
fn again(edge: &Arc<Edge>) {
    match edge.reload() {
        Ok(rules) => screen::remark(&format!("the rules were read again, and hold from now on: {rules}")),
        Err(error) => {
            screen::complain(&error);
            screen::caution("the rules from before stay");
        }
    }
}
