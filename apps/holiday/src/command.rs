//! The `holiday` command, as a function so that `loadline demo` can be the server in a child process of its own binary.

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use loadline_serve::{Bound, Drained, Stop, stop_requested};
use tokio::runtime::Runtime;

use crate::{
    arguments::{Arguments, Command, Parent, Reconcile, Serve, SimulateStripe},
    operator,
    payments::{reconcile, stripe::StripeGateway},
    server::{Server, StartError},
    store::{Database, sqlite::Location},
};

/// The database and the payment gateway differ.
const DIFFERS: u8 = 1;
/// The command line is wrong.
const USAGE: u8 = 2;
/// The service could not start or broke.
const COULD_NOT_RUN: u8 = 3;

/// Runs the command whose arguments these are; the first is the program's name.
///
/// Exit codes: 0 stopped as asked, or both sides agree; 1 they do not; 2 wrong arguments, 3 the service could not start or broke.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too, with exit code 0.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    let done = match &arguments.command {
        Command::Serve(serve) => run_service(serve),
        Command::StripeSimulator(simulate) => run_stripe_simulator(simulate),
        Command::Reconcile(reconcile) => run_reconciliation(reconcile),
    };
    let (code, message) = match done {
        Ok(code) => return code,
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

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Run(error.to_string())
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Failure {
        Failure::Run(error.to_string())
    }
}

fn run_service(serve: &Serve) -> Result<ExitCode, Failure> {
    let settings = serve.settings(environment).map_err(Failure::Usage)?;
    run_server(serve.log, &serve.parent, Server::start(&settings))
}

fn run_stripe_simulator(simulate: &SimulateStripe) -> Result<ExitCode, Failure> {
    let settings = simulate.settings(environment).map_err(Failure::Usage)?;
    let start = async { Ok(Server::stripe_simulator(Bound::new(simulate.listen).await?, settings)?) };
    run_server(simulate.log, &simulate.parent, start)
}

fn run_server(
    log: tracing::Level,
    parent: &Parent,
    start: impl Future<Output = Result<Server, StartError>>,
) -> Result<ExitCode, Failure> {
    start_log(log);
    let stop = if parent.exit_with_parent { Stop::SignalOrEndOfInput } else { Stop::Signal };
    // The commands' end is also that of standard input.
    let (stop, commands) =
        if parent.obey_parent { (Stop::Signal, Some(operator::commands()?)) } else { (stop, None) };
    let runtime = runtime()?;
    let drained = runtime.block_on(async {
        let mut stop = Box::pin(stop_requested(stop)?);
        // A stop during the start ends it: filling a large database takes a while.
        let server = tokio::select! {
            started = start => started?,
            () = &mut stop => return Ok(Drained::Completely),
        };
        announce(&server)?;
        let Some(commands) = commands else { return Ok::<_, Failure>(server.run(stop).await) };
        let obeying = tokio::spawn(operator::obey(commands, server.operator()));
        let stop = async move {
            tokio::select! {
                () = stop => {}
                _ = obeying => {}
            }
        };
        Ok(server.run(stop).await)
    })?;
    // Blocking calls that still run belong to requests that were cut off; nobody waits for them long.
    runtime.shutdown_timeout(Duration::from_millis(500));
    if drained == Drained::CutOff {
        tracing::warn!("some requests took longer than `--drain` and were cut off");
    }
    Ok(ExitCode::SUCCESS)
}

fn run_reconciliation(arguments: &Reconcile) -> Result<ExitCode, Failure> {
    let stripe = arguments.stripe(environment).map_err(Failure::Usage)?;
    if let Database::Sqlite(Location::File(file)) = &arguments.database
        && !file.is_file()
    {
        return Err(Failure::Usage(format!("there is no file `{}` to compare", file.display())));
    }
    start_log(tracing::Level::WARN);
    let gateway = StripeGateway::new(&stripe.settings).map_err(|error| Failure::Run(error.to_string()))?;
    let found = runtime()?.block_on(async {
        let store = arguments.database.open(Some(1), 1).await.map_err(StartError::from)?;
        let compared = reconcile(store.as_ref(), &gateway, arguments.repair).await;
        compared.map_err(|error| Failure::Run(error.to_string()))
    })?;
    write!(io::stdout(), "{found}")?;
    Ok(if found.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERS) })
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// An embedding process may have set a subscriber; then it keeps the log.
fn start_log(level: tracing::Level) {
    let _ =
        tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(level).with_ansi(false).try_init();
}

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("holiday").build()
}

/// Tells whoever started the service where it is.
fn announce(server: &Server) -> io::Result<()> {
    let mut said = format!("listening on http://{}\n", server.address());
    if let Some(address) = server.metrics_address() {
        said.push_str(&format!("metrics on http://{address}/metrics\n"));
    }
    // In one piece: who reads no further than the first line may be gone by the second.
    let mut output = io::stdout().lock();
    output.write_all(said.as_bytes())?;
    output.flush()
}
