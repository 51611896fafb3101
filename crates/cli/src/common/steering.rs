//! `--address`: a run that can be steered while it goes on.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;
use loadline_control::{Api, Board, NoSetup, Server, Setup};
use loadline_dashboard::ViewAddress;
use loadline_measure::{RunMeta, Schema};
use loadline_runner::{Ending, Ends, Failure, Interrupts, SendOutput};
use loadline_serve::Token;
use loadline_verdict::{Budgets, escape};

use super::input;
use super::screen::Screen;

/// A token is a line.
const LARGEST_TOKEN: u64 = 4_096;

/// Where a run that goes on can be steered from.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Control")]
pub(crate) struct SteeringArguments {
    /// Let the run be steered while it goes on, with `loadline control` or k6's REST API, at a port of this machine or
    /// address:port; nothing listens without it
    #[arg(long = "address", value_name = "ADDRESS")]
    pub(crate) steering_address: Option<ViewAddress>,
    #[command(flatten)]
    pub(crate) token: TokenArguments,
}

/// What shows who may steer.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Control")]
pub(crate) struct TokenArguments {
    /// The token of whoever may steer; needed where others can reach the address
    #[arg(
        long = "control-token",
        value_name = "TOKEN",
        env = "LOADLINE_CONTROL_TOKEN",
        hide_env_values = true,
        conflicts_with = "control_token_file"
    )]
    pub(crate) control_token: Option<String>,
    /// The same, from a file
    #[arg(long, value_name = "FILE")]
    pub(crate) control_token_file: Option<PathBuf>,
}

impl TokenArguments {
    /// The token, if there is one.
    ///
    /// # Errors
    /// The file cannot be read, or what is in it is no token.
    pub(crate) fn read(&self) -> Result<Option<Token>> {
        let text = match (&self.control_token, &self.control_token_file) {
            (Some(text), _) => text.clone(),
            (None, Some(path)) => read(path)?,
            (None, None) => return Ok(None),
        };
        match Token::chosen(text.trim()) {
            Some(token) => Ok(Some(token)),
            None => bail!(
                "the token of the control is empty, or has characters that no header can hold: use letters and digits"
            ),
        }
    }
}

fn read(path: &Path) -> Result<String> {
    let name = path.display().to_string();
    let bytes = input::bytes(path, LARGEST_TOKEN)
        .with_context(|| format!("cannot read `--control-token-file {}`", escape(&name)))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A run that can be steered.
pub(crate) struct Steering {
    /// Listens as long as this is.
    server: Server,
    api: Arc<Api>,
    board: Board,
}

impl SteeringArguments {
    /// Whether the run can be steered.
    pub(crate) fn is_wanted(&self) -> bool {
        self.steering_address.is_some()
    }

    /// Listens, if it is wanted, and says where.
    pub(crate) fn open(
        &self,
        interrupts: &Interrupts,
        setup: Option<Box<dyn Setup>>,
        screen: &Screen,
    ) -> Result<Option<Steering>, Failure> {
        let Some(ViewAddress(address)) = self.steering_address else { return Ok(None) };
        let token = self.token.read().ends(Ending::Configuration)?;
        let board = Board::new();
        let api = Api::new(interrupts.control(), board.clone(), setup.unwrap_or_else(|| Box::new(NoSetup)));
        let server = Server::open(address, token, Arc::clone(&api)).ends(Ending::Configuration)?;
        screen.note(&format!("steer it with {}", command(server.address())));
        Ok(Some(Steering { server, api, board }))
    }
}

/// How it is steered, to be typed.
fn command(address: SocketAddr) -> String {
    format!("`loadline control --address {address} status`")
}

impl Steering {
    /// An output that puts what is measured before whoever asks.
    pub(crate) fn output(&self, meta: &RunMeta, schema: &Arc<Schema>, budgets: &Budgets) -> SendOutput {
        Box::new(self.board.output(meta, schema, budgets))
    }

    /// What answers, for a page that asks in its own way.
    pub(crate) fn api(&self) -> Arc<Api> {
        Arc::clone(&self.api)
    }

    /// Nothing listens any more.
    pub(crate) fn close(self) {
        drop(self.server);
    }
}
