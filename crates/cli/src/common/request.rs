//! What is sent to a URL without a script.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use http::Method;
use loadline_hit::HitSettings;

use super::{Header, input};

/// The most bytes of a request's body.
const LARGEST_BODY: u64 = 1 << 30;

/// The request itself.
#[derive(Debug, Args)]
pub(crate) struct RequestArguments {
    /// Method; GET by default, POST when there is a body
    #[arg(short = 'X', long, value_name = "METHOD", value_parser = method, help_heading = "Request")]
    pub(crate) method: Option<Method>,
    /// A header, may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", help_heading = "Request")]
    pub(crate) headers: Vec<Header>,
    /// The body, or a file with it
    #[arg(long, value_name = "TEXT|@FILE", help_heading = "Request")]
    pub(crate) body: Option<String>,
}

impl RequestArguments {
    /// Has this request be sent; reads the body, if it is a file's.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn enter(&self, settings: &mut HitSettings) -> Result<()> {
        for header in &self.headers {
            settings.headers.append(header.name.clone(), header.value.clone());
        }
        if let Some(text) = &self.body {
            settings.method = Method::POST;
            settings.body = match self.body_file() {
                Some(path) => input::bytes(&path, LARGEST_BODY)
                    .with_context(|| format!("cannot read the body from `{}`", path.display()))?
                    .into(),
                None => text.clone().into(),
            };
        }
        if let Some(method) = &self.method {
            settings.method = method.clone();
        }
        Ok(())
    }

    /// The file that holds the body, if one does.
    pub(crate) fn body_file(&self) -> Option<PathBuf> {
        self.body.as_deref().and_then(|body| body.strip_prefix('@')).map(PathBuf::from)
    }
}

fn method(text: &str) -> Result<Method, String> {
    text.parse().map_err(|_| "is not a method: use one such as `GET` or `POST`".to_owned())
}
