//! The `holiday` command, as a function so that `loadline demo` can be the server in a child process of its own binary.

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;

use crate::{
    arguments::{Arguments, Command, Serve},
    server::{Drained, Server, Stop, stop_requested},
};

/// The command line is wrong.
const USAGE: u8 = 2;
/// The service could not start or broke.
const COULD_NOT_RUN: u8 = 3;

/// Runs the command whose arguments these are; the first is the program's name.
///
/// Exit codes: 0 stopped as asked, 2 wrong arguments, 3 the service could not start or broke.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too, with exit code 0.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    let Command::Serve(serve) = arguments.command;
    let (code, message) = match run(&serve) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => (USAGE, message),
        Err(Failure::Run(message)) => (COULD_NOT_RUN, message),
    };
    let _ = writeln!(io::stderr(), "error: {message}");
    ExitCode::from(code)
}

enum Failure {
    Usage(String),
    Run(String),
}

fn run(serve: &Serve) -> Result<(), Failure> {
    let settings = serve.settings(|name| std::env::var(name).ok()).map_err(Failure::Usage)?;
    // An embedding process may have set a subscriber; then it keeps the log.
    let _ = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(serve.log)
        .with_ansi(false)
        .try_init();
    let stop = if serve.exit_with_parent { Stop::SignalOrEndOfInput } else { Stop::Signal };
    let broke = |error: io::Error| Failure::Run(error.to_string());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("holiday")
        .build()
        .map_err(broke)?;
    let drained = runtime.block_on(async {
        let mut stop = Box::pin(stop_requested(stop).map_err(broke)?);
        // A stop during the start ends it: filling a large database takes a while.
        let server = tokio::select! {
            started = Server::start(&settings) => started.map_err(|error| Failure::Run(error.to_string()))?,
            () = &mut stop => return Ok(Drained::Completely),
        };
        announce(&server).map_err(broke)?;
        server.run(stop).await.map_err(broke)
    })?;
    // Blocking calls that still run belong to requests that were cut off; nobody waits for them long.
    runtime.shutdown_timeout(Duration::from_millis(500));
    if drained == Drained::CutOff {
        tracing::warn!("some requests took longer than `--drain` and were cut off");
    }
    Ok(())
}

/// Tells whoever started the service where it is.
fn announce(server: &Server) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "listening on http://{}", server.address())?;
    output.flush()
}
