//! What can be typed after `loadline run`, as typed: names, values, help.
//!
//! Only shapes stand here. What they mean together (tiers, conflicts, defaults) is decided where options from every
//! source meet, so that a flag, a variable and a script say the same thing in the same words.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::options::OptionArguments;
use crate::common::{
    AroundArguments, SamplingArguments, SaturationArguments, SteeringArguments, TracesArguments, UiArguments,
    UnprovenArguments,
};

/// `--compat`: whose meaning figures have where ours is another.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Compat {
    /// k6's
    K6,
}

const RUN_EXAMPLES: &str = "\
Examples:
  loadline run script.ts
  loadline run --vus 50 --duration 30s script.ts
  loadline run --ui script.ts                    # watch it in a browser
  loadline run --address 6565 script.ts          # steer it with `loadline control`, or k6's REST API
  loadline run --stage 30s:100 --stage 1m:100 --stage 10s:0 script.ts
  loadline run --out json=samples.json --out run=today.run --summary-export summary.json script.ts
  loadline run --out prometheus=http://127.0.0.1:9090 script.ts          # each second, while it goes on
  loadline run --traces script.ts                # what the server's time went into, by its spans
  loadline run --process holiday=$(pgrep -o holiday) --scrape holiday=http://127.0.0.1:3000/metrics script.ts

Every option has a variable: --vus is LOADLINE_VUS or K6_VUS. A flag wins over a variable, \
a variable over the script, the script over the configuration file.

Exit codes: 0 pass, 99 thresholds failed, 104 invalid configuration, 103 stopped by hand, 105 stopped by a signal, \
107 exception in init code or setup, 108 test.abort, 109 could not run, 110 test.fail, \
111 generator saturated with --on-saturation fail, 112 an output could not be written; the book has them all.";

/// `loadline run`.
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLES, allow_negative_numbers = true)]
pub(crate) struct RunArguments {
    /// The script: TypeScript or JavaScript; `-` reads it from standard input
    pub(crate) script: PathBuf,
    #[command(flatten)]
    pub(crate) options: OptionArguments,
    #[command(flatten)]
    pub(crate) sampling: SamplingArguments,
    #[command(flatten)]
    pub(crate) traces: TracesArguments,
    #[command(flatten)]
    pub(crate) around: AroundArguments,
    #[command(flatten)]
    pub(crate) ui: UiArguments,
    #[command(flatten)]
    pub(crate) steering: SteeringArguments,
    #[command(flatten)]
    pub(crate) outputs: OutputArguments,
}

/// Where measurements and messages go.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(crate) struct OutputArguments {
    /// Write samples or the Run to a file, or send each second to a receiver, may be repeated: json=FILE, csv=FILE,
    /// run=FILE, prometheus=URL, opentelemetry=URL, influxdb=URL, statsd=HOST:PORT
    #[arg(short = 'o', long = "out", value_name = "KIND=WHERE")]
    pub(crate) outs: Vec<String>,
    /// Write the summary as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) summary_export: Option<String>,
    /// How much the summary says, compact by default: full adds groups and scenarios, legacy is k6's older layout
    #[arg(long, value_name = "compact|full|legacy|disabled")]
    pub(crate) summary_mode: Option<String>,
    /// Print no summary at the end
    #[arg(long)]
    pub(crate) no_summary: bool,
    /// Do not judge thresholds
    #[arg(long)]
    pub(crate) no_thresholds: bool,
    /// Let a threshold without any sample pass, as k6 does
    #[arg(long, env = "LOADLINE_ALLOW_NO_DATA", value_parser = FalseyValueParser::new())]
    pub(crate) allow_no_data: bool,
    /// Judge as k6 does: a request without an answer has the latency 0
    #[arg(long, value_enum, value_name = "k6")]
    pub(crate) compat: Option<Compat>,
    #[command(flatten)]
    pub(crate) saturation: SaturationArguments,
    #[command(flatten)]
    pub(crate) unproven: UnprovenArguments,
    /// Write what the script's console prints to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) console_output: Option<String>,
    /// Stay until interrupted when the run is over
    #[arg(short = 'l', long)]
    pub(crate) linger: bool,
    /// No live view
    #[arg(short = 'q', long, env = "LOADLINE_QUIET", value_parser = FalseyValueParser::new())]
    pub(crate) quiet: bool,
    /// Show console.debug too
    #[arg(short = 'v', long, env = "LOADLINE_VERBOSE", value_parser = FalseyValueParser::new())]
    pub(crate) verbose: bool,
    /// Accepted for k6's sake; there is no usage report
    #[arg(long, hide = true)]
    pub(crate) no_usage_report: bool,
    /// No colour, even on a terminal
    #[arg(long)]
    pub(crate) no_color: bool,
}
