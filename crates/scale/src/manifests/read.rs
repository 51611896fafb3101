//! Manifests as people have them: several documents in a file, Helm's output with its comments, kinds that have nothing
//! to do with scaling between them.

use loadline_yaml::{Node, documents};
use serde::de::DeserializeOwned;

use super::deployment::{Deployed, deployed};
use super::error::ManifestError;
use super::forms::{DeploymentSpec, Head, HpaSpec, TargetRef, WithSpec};
use super::hpa::policy;
use super::keda::{Scaled, ScaledSpec, scaled};
use crate::hpa::Policy;

/// An autoscaler, as a manifest says it.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Its kind and name, and where it stands: `HorizontalPodAutoscaler/search (hpa.yaml:12)`.
    pub what: String,
    /// Its name.
    pub name: String,
    /// What it scales: `Deployment/search`.
    pub target: String,
    /// What it does.
    pub kind: DeclaredKind,
    /// All of its manifest.
    pub document: Node,
}

/// What an autoscaler does.
#[derive(Debug, Clone, PartialEq)]
pub enum DeclaredKind {
    /// A `HorizontalPodAutoscaler`.
    Hpa(Policy),
    /// A `ScaledObject` of KEDA.
    Scaled(Scaled),
}

/// What manifests say of scaling.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifests {
    /// The autoscalers.
    pub autoscalers: Vec<Declared>,
    /// The deployments.
    pub deployments: Vec<Deployed>,
}

impl Manifests {
    /// Adds what a file says.
    ///
    /// # Errors
    /// Where it does not read, or two autoscalers scale the same.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), ManifestError> {
        for (line, document) in documents(text) {
            let source = Document { file, line, text: &document };
            let head: Option<Head> = source.read()?;
            let Some(head) = head else { continue };
            let (kind, version) = (head.kind.unwrap_or_default(), head.api_version.unwrap_or_default());
            let name = head.metadata.name.unwrap_or_default();
            let what = format!("{kind}/{name} ({file}:{line})");
            let field = |message| ManifestError::Field {
                file: file.to_owned(),
                line,
                what: format!("{kind}/{name}"),
                message,
            };
            match kind.as_str() {
                "HorizontalPodAutoscaler" => {
                    if !matches!(version.as_str(), "autoscaling/v2" | "autoscaling/v1") {
                        return Err(field(format!("`{version}` is not read: use `autoscaling/v2`")));
                    }
                    let spec: HpaSpec = source.spec()?;
                    let policy = policy(&spec).map_err(field)?;
                    self.declare(Declared {
                        what,
                        name,
                        target: target(&spec.scale_target_ref),
                        kind: DeclaredKind::Hpa(policy),
                        document: source.read::<Node>()?,
                    })?;
                }
                "ScaledObject" => {
                    let spec: ScaledSpec = source.spec()?;
                    let scaled = scaled(&spec).map_err(field)?;
                    self.declare(Declared {
                        what,
                        name,
                        target: target(&spec.scale_target_ref),
                        kind: DeclaredKind::Scaled(scaled),
                        document: source.read::<Node>()?,
                    })?;
                }
                "Deployment" => {
                    let spec: DeploymentSpec = source.spec()?;
                    self.deployments.push(deployed(&name, &spec, source.read::<Node>()?).map_err(field)?);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn declare(&mut self, declared: Declared) -> Result<(), ManifestError> {
        if let Some(other) = self.autoscalers.iter().find(|other| other.target == declared.target) {
            return Err(ManifestError::TwoOnOne {
                one: other.what.clone(),
                other: declared.what,
                target: declared.target,
            });
        }
        self.autoscalers.push(declared);
        Ok(())
    }

    /// The autoscaler of a name, or the only one.
    ///
    /// # Errors
    /// Where there is none, or several and no name.
    pub fn autoscaler(&self, name: Option<&str>, files: &str) -> Result<&Declared, ManifestError> {
        let others = || self.autoscalers.iter().map(|one| one.what.clone()).collect::<Vec<_>>().join(", ");
        match (name, self.autoscalers.as_slice()) {
            (_, []) => Err(ManifestError::NoAutoscaler(files.to_owned())),
            (None, [only]) => Ok(only),
            (None, _) => Err(ManifestError::Several(others())),
            (Some(name), all) => all
                .iter()
                .find(|one| one.name == name)
                .ok_or_else(|| ManifestError::NoSuch { name: name.to_owned(), others: others() }),
        }
    }

    /// The deployment that an autoscaler scales, where its manifest is there.
    pub fn deployment_of(&self, declared: &Declared) -> Option<&Deployed> {
        let name = declared.target.strip_prefix("Deployment/")?;
        self.deployments.iter().find(|deployment| deployment.name == name)
    }
}

fn target(of: &TargetRef) -> String {
    format!("{}/{}", of.kind.as_deref().unwrap_or("Deployment"), of.name)
}

/// One document of a file.
struct Document<'a> {
    file: &'a str,
    line: usize,
    text: &'a str,
}

impl Document<'_> {
    fn read<T: DeserializeOwned>(&self) -> Result<T, ManifestError> {
        serde_saphyr::from_str(self.text).map_err(|error| {
            let within = error.location().map_or(1, |location| location.line() as usize);
            let message = error.without_snippet().to_string();
            // Its own place is of the document, not of the file.
            let message =
                message.split(" at line ").next().unwrap_or(&message).trim_end_matches(':').to_owned();
            ManifestError::Unreadable {
                file: self.file.to_owned(),
                line: self.line + within.saturating_sub(1),
                message,
            }
        })
    }

    fn spec<S: DeserializeOwned>(&self) -> Result<S, ManifestError> {
        self.read::<WithSpec<S>>().map(|document| document.spec)
    }
}
