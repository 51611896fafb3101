//! Quantiles and probabilities of the distributions in use; the library's, behind names that cannot fail.

use statrs::distribution::{Beta, ContinuousCDF, Normal, StudentsT};

/// The quantile of the standard normal distribution; `p` is clamped to what has one.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(inside(p))
}

/// The probability that a standard normal value is at most `x`.
pub(crate) fn normal_cdf(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

/// The quantile of Student's t with `freedom` degrees of freedom, at least 1.
///
/// # Panics
/// Never: the parameters are valid.
pub(crate) fn t_quantile(p: f64, freedom: f64) -> f64 {
    students_t(freedom).inverse_cdf(inside(p))
}

/// The probability that Student's t with `freedom` degrees of freedom, at least 1, is at most `t`.
///
/// # Panics
/// Never: the parameters are valid.
pub(crate) fn t_cdf(t: f64, freedom: f64) -> f64 {
    if t.is_nan() {
        return 0.5;
    }
    if t.is_infinite() {
        return if t > 0.0 { 1.0 } else { 0.0 };
    }
    students_t(freedom).cdf(t)
}

/// The quantile of the beta distribution; both parameters are above 0.
pub(crate) fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    // Of no value, and of all: its own inverse, where the library takes dozens of steps.
    if a == 1.0 && b > 0.0 {
        return -((-inside(p)).ln_1p() / b).exp_m1();
    }
    if b == 1.0 && a > 0.0 {
        return (inside(p).ln() / a).exp();
    }
    let beta = Beta::new(a.max(1e-9), b.max(1e-9)).expect("both parameters are above 0");
    beta.inverse_cdf(inside(p))
}

fn students_t(freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, freedom.max(1.0)).expect("scale and freedom are above 0")
}

fn inside(p: f64) -> f64 {
    p.clamp(1e-15, 1.0 - 1e-15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{value} is not {expected}");
    }

    // scipy 1.17.1: stats.norm.ppf, stats.t.ppf, stats.t.cdf, stats.beta.ppf
    #[test]
    fn as_scipy_has_them() {
        near(normal_quantile(0.995), 2.575_829_303_548_900_4);
        near(t_quantile(0.995, 11.0), 3.105_806_515_539_280_4);
        near(t_quantile(0.9, 2.0), 1.885_618_083_164_126_7);
        near(t_cdf(2.2, 7.0), 0.968_134_492_348_681_7);
        near(beta_quantile(0.005, 3.0, 98.0), 0.003_407_070_103_179_757);
        near(beta_quantile(0.995, 4.0, 97.0), 0.105_481_253_725_078);
        // By their closed forms, 1 - (1 - p) ** (1 / b) and p ** (1 / a).
        near(beta_quantile(0.995, 1.0, 20.0), 0.232_729_500_988_589_36);
        near(beta_quantile(0.005, 20.0, 1.0), 0.767_270_499_011_410_6);
    }
}
