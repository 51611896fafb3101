//! Data with published parameters, data without an answer, and the law's own.

use proptest::prelude::*;

use super::*;

/// SPEC SDM91 on a machine with many processors: users and scripts per hour (Gunther, Guerrilla Capacity Planning,
/// 2007).
const SPECSDM91: [(f64, f64); 7] = [
    (1.0, 64.9),
    (18.0, 995.9),
    (36.0, 1652.4),
    (72.0, 1853.2),
    (108.0, 1828.9),
    (144.0, 1775.0),
    (216.0, 1702.2),
];

/// A ray tracer on a NUMA machine: processors and rays per second (the same book).
const RAYTRACER: [(f64, f64); 11] = [
    (1.0, 20.0),
    (4.0, 78.0),
    (8.0, 130.0),
    (12.0, 170.0),
    (16.0, 190.0),
    (20.0, 200.0),
    (24.0, 210.0),
    (28.0, 230.0),
    (32.0, 260.0),
    (48.0, 280.0),
    (64.0, 310.0),
];

#[track_caller]
fn near(found: f64, expected: f64, within: f64) {
    assert!((found - expected).abs() <= within, "{found} is not {expected}");
}

#[test]
fn exact_data_give_the_parameters_back_to_six_digits() {
    let law = Usl { alpha: 0.02, beta: 0.02, gamma: 1.0 };
    let points: Vec<_> = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0].map(|load| (load, law.throughput(load))).to_vec();
    for ((_, value), printed) in points.iter().zip([1.0, 1.8868, 3.0769, 3.5294, 3.5398, 3.3557]) {
        near(*value, printed, 5e-5);
    }
    let fit = fit_usl(&points).unwrap();
    near(fit.law.alpha, 0.02, 5e-9);
    near(fit.law.beta, 0.02, 5e-9);
    near(fit.law.gamma, 1.0, 5e-7);
    near(fit.law.peak().unwrap(), 7.0, 1e-5);
    assert!(fit.knows_a_peak() && fit.has_seen_the_peak(), "{fit:?}");
}

#[test]
fn specsdm91_has_its_published_parameters() {
    // The figures of R's package usl 3.0 (method nlxb).
    let fit = fit_usl(&SPECSDM91).unwrap();
    near(fit.law.alpha, 0.027_728_5, 6e-7);
    near(fit.law.beta, 0.000_104_4, 6e-8);
    near(fit.law.gamma, 89.995_24, 1e-3);
    near(fit.law.peak().unwrap(), 96.5, 0.1);
    assert!(fit.knows_a_peak() && fit.has_seen_the_peak(), "{fit:?}");
    assert!(fit.explained > 0.98, "{fit:?}");
    let peak = fit.peak.unwrap();
    assert!(peak.low > 72.0 && peak.low < 96.0 && peak.high > 97.0 && peak.high < 160.0, "{peak:?}");
}

#[test]
fn the_raytracer_cannot_tell_whether_it_has_a_peak() {
    // The same package: 0.0578, 0 and 21.8488, at the bound of coherence.
    let fit = fit_usl(&RAYTRACER).unwrap();
    near(fit.law.alpha, 0.0578, 5e-5);
    near(fit.law.beta, 0.0, 1e-9);
    near(fit.law.gamma, 21.8488, 5e-4);
    assert!(!fit.knows_a_peak() && !fit.has_seen_the_peak(), "{fit:?}");
    let (beta, peak) = (fit.beta.unwrap(), fit.peak.unwrap());
    assert!(beta.low == 0.0 && beta.high > 1e-5 && beta.high < 3e-4, "{beta:?}");
    assert!(peak.high.is_infinite() && peak.low > 40.0, "{peak:?}");
}

#[test]
fn as_many_points_as_parameters_say_nothing_of_how_sure_they_are() {
    let fit = fit_usl(&SPECSDM91[..3]).unwrap();
    assert_eq!((fit.alpha, fit.beta, fit.peak), (None, None, None));
    assert!(!fit.knows_a_peak());
}

#[test]
fn what_is_no_measurement_is_refused() {
    assert_eq!(fit_usl(&SPECSDM91[..2]), Err(FitError::TooFew { found: 2, needed: 3 }));
    let same = [(4.0, 1.0), (4.0, 2.0), (4.0, 1.5), (8.0, 2.0)];
    assert_eq!(fit_usl(&same), Err(FitError::TooFew { found: 2, needed: 3 }));
    for wrong in [(0.0, 1.0), (-1.0, 1.0), (2.0, -1.0), (f64::INFINITY, 1.0)] {
        let points = [(1.0, 1.0), (2.0, 1.5), (4.0, 2.0), wrong];
        assert!(matches!(fit_usl(&points), Err(FitError::NotAMeasurement { .. })), "{wrong:?}");
    }
    assert!(fit_usl(&[(1.0, 1.0), (2.0, f64::NAN), (3.0, 1.0)]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_law_comes_back_from_its_own_points(
        alpha in 0.001f64..0.5, peak in 4.0f64..60.0, gamma in 0.1f64..5000.0,
    ) {
        let law = Usl { alpha, beta: (1.0 - alpha) / (peak * peak), gamma };
        let points: Vec<_> = (0..8).map(|n| 1.0 + f64::from(n) * peak / 4.0).map(|n| (n, law.throughput(n))).collect();
        let fit = fit_usl(&points).unwrap();
        prop_assert!((fit.law.alpha - alpha).abs() < 1e-5, "{fit:?}");
        prop_assert!((fit.law.gamma / gamma - 1.0).abs() < 1e-5, "{fit:?}");
        prop_assert!((fit.law.peak().unwrap() / peak - 1.0).abs() < 1e-4, "{fit:?}");
    }
}
