//! Which traces are kept: `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, with OpenTelemetry's names.

use super::Context;

/// A rule for traces that begin here, and whether the caller's decision comes first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampler {
    /// Follow the caller where there is one.
    parent_based: bool,
    /// The share of the other traces that is kept, 0 to 1.
    share: f64,
}

/// A sampler that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`OTEL_TRACES_SAMPLER={0}` is not known: use `always_on`, `always_off`, `traceidratio` or one of them after `parentbased_`; the share of `traceidratio` is in `OTEL_TRACES_SAMPLER_ARG`, from 0 to 1"
)]
pub struct SamplerError(String);

impl Default for Sampler {
    /// OpenTelemetry's default, `parentbased_always_on`.
    fn default() -> Sampler {
        Sampler { parent_based: true, share: 1.0 }
    }
}

impl Sampler {
    /// The sampler of these two variables.
    pub(crate) fn parse(name: &str, argument: Option<&str>) -> Result<Sampler, SamplerError> {
        let error = || SamplerError(name.to_owned());
        let root = name.strip_prefix("parentbased_").unwrap_or(name);
        let share = match root {
            "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => {
                let share: f64 = argument.unwrap_or("1").parse().map_err(|_| error())?;
                if !(0.0..=1.0).contains(&share) {
                    return Err(error());
                }
                share
            }
            _ => return Err(error()),
        };
        Ok(Sampler { parent_based: root.len() < name.len(), share })
    }

    /// Whether a trace is kept. Every service that keeps the same share keeps the same traces, since it is decided by the last 56 bits
    /// of the identifier.
    pub(crate) fn keeps(self, trace: u128, parent: Option<Context>) -> bool {
        match parent {
            Some(parent) if self.parent_based => parent.sampled,
            _ => {
                let threshold = ((1.0 - self.share) * (1_u64 << 56) as f64).round() as u128;
                trace & ((1 << 56) - 1) >= threshold
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let parse = |name, argument| Sampler::parse(name, argument);
        assert_eq!(parse("parentbased_always_on", None), Ok(Sampler::default()));
        assert_eq!(parse("traceidratio", Some("0.25")), Ok(Sampler { parent_based: false, share: 0.25 }));
        assert_eq!(parse("parentbased_traceidratio", None), Ok(Sampler::default()));
        for (name, argument) in
            [("sometimes", None), ("traceidratio", Some("2")), ("traceidratio", Some("x"))]
        {
            let error = parse(name, argument).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("always_on"), "{error}");
        }
    }

    #[test]
    fn the_caller_decides_first_and_the_share_is_kept() {
        let parent = |sampled| Some(Context { trace: 1, span: 1, sampled });
        let quarter = Sampler::parse("parentbased_traceidratio", Some("0.25")).unwrap();
        assert!(quarter.keeps(0, parent(true)) && !quarter.keeps(u128::MAX, parent(false)));
        let kept =
            (0..10_000).filter(|_| quarter.keeps(u128::from(super::super::identifier::random()), None));
        let kept = kept.count();
        assert!((2_200..2_800).contains(&kept), "{kept}");
        let always = Sampler::parse("always_on", None).unwrap();
        assert!(always.keeps(0, parent(false)));
        assert!(!Sampler::parse("always_off", None).unwrap().keeps(u128::MAX, parent(true)));
    }
}
