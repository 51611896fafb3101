//! What can be typed after `loadline scale manifests`.

use std::path::PathBuf;

use clap::Args;

use super::super::arguments::{JudgingArguments, PolicyArguments, ScenarioArguments};

const EXAMPLES: &str = "\
Examples:
  loadline scale manifests hpa.yaml deployment.yaml --traffic week.csv --service 40ms --sweep target=50..90:10 -o deploy
  loadline scale manifests --workload search --image shop/search:7 --target 70 --min 3 --max 40 --day 300/s --service 40ms -o deploy
  loadline scale manifests --workload search --keda --max 40 --target 70 --day 300/s --service 40ms > search.yaml
  loadline scale manifests --workload search --max 40 --target 70 --cron '30 7 * * 1-5..0 18 * * 1-5@Europe/Berlin=6' --day 300/s --service 40ms -o deploy

The policy is tried first, as by `loadline scale simulate`, or looked for with `--sweep`; one that breaks the budgets is \
not written. What manifests say beside it stays as it is, but for their comments. They are an autoscaler, a \
PodDisruptionBudget, and the Deployment's own part; without its manifest and without `--image` that is a patch.

Exit codes: 0 written, 1 no policy keeps the budgets, and nothing is written, 2 wrong arguments, manifests or traffic, \
3 it could not be simulated, 4 a file could not be written, or is there already.";

/// `loadline scale manifests`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ManifestsArguments {
    /// Manifests: an HPA or KEDA's scaled object, and the Deployment it scales
    #[arg(value_name = "MANIFEST")]
    pub(crate) manifests: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) policy: PolicyArguments,
    /// Look for the cheapest that keeps the budgets, as `simulate` does: `target=50..90:10`, `min=2,4`; may be repeated
    #[arg(long, value_name = "WHAT=VALUES", help_heading = "Sweep")]
    pub(crate) sweep: Vec<String>,
    #[command(flatten)]
    pub(crate) scenario: ScenarioArguments,
    #[command(flatten)]
    pub(crate) judging: JudgingArguments,
    /// The workload's name, where no manifest says it
    #[arg(long, value_name = "NAME", value_parser = name, help_heading = "Manifests")]
    pub(crate) workload: Option<String>,
    /// Its image, for a Deployment of its own
    #[arg(long, value_name = "IMAGE", help_heading = "Manifests")]
    pub(crate) image: Option<String>,
    /// The port that it listens on
    #[arg(long, value_name = "PORT", default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..), help_heading = "Manifests")]
    pub(crate) port: u16,
    /// The path that says whether it is ready
    #[arg(long, value_name = "PATH", default_value = "/ready", value_parser = path, help_heading = "Manifests")]
    pub(crate) probe: String,
    /// Make KEDA's scaled object of it, in place of an HPA
    #[arg(long, help_heading = "Manifests")]
    pub(crate) keda: bool,
    /// The folder to write into; without it, all of them are printed
    #[arg(short, long, value_name = "DIR", help_heading = "Manifests")]
    pub(crate) output: Option<PathBuf>,
    /// Write over what is there
    #[arg(long, requires = "output", help_heading = "Manifests")]
    pub(crate) overwrite: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What Kubernetes takes for a name (RFC 1123's label).
fn name(text: &str) -> Result<String, String> {
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let edges = !text.starts_with('-') && !text.ends_with('-');
    if (1..=63).contains(&text.len()) && edges && text.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("is no name in Kubernetes: write up to 63 of `a-z`, `0-9` and `-`, such as `search`".to_owned())
    }
}

fn path(text: &str) -> Result<String, String> {
    if text.starts_with('/') && !text.contains(char::is_whitespace) {
        Ok(text.to_owned())
    } else {
        Err("is no path: write `/ready`".to_owned())
    }
}
