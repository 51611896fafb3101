//! Which bucket of a base-2 exponential histogram at scale 8 a value falls into.
//!
//! Bucket `i` holds the values in `(b^i, b^(i+1)]` with `b = 2^(1/256)`: the mapping of OpenTelemetry's exponential
//! histograms (data model, "exponential buckets") and of Prometheus' native histograms, so that exports are exact
//! downscalings. The scale never changes: merging is adding, in any order.
//!
//! A value's exponent gives the doubling, its mantissa the bucket in the doubling. Instead of a logarithm (about
//! 10 ns) the mantissa's nine leading bits select one of 512 slices. A slice is narrower than the narrowest bucket
//! (1/512 < 2^(1/256) − 1), so it holds one bucket boundary at most, and one comparison settles the bucket.

/// Buckets per doubling of the value: 2 to the power of the scale.
pub const BUCKETS_PER_DOUBLING: i32 = 256;

/// The largest relative error of a bucket's representative value: `(b − 1) / (b + 1)` with `b = 2^(1/256)`.
pub const RELATIVE_ERROR: f64 = 0.001_353_802_3;

const MANTISSA_BITS: u32 = 52;
const MANTISSA_MASK: u64 = (1 << MANTISSA_BITS) - 1;
const SLICE_BITS: u32 = 9;
const SLICES: usize = 1 << SLICE_BITS;
const EXPONENT_BIAS: i32 = 1023;

/// 2^(1/2), 2^(1/4) … 2^(1/256).
const ROOTS: [f64; 8] = [
    std::f64::consts::SQRT_2,
    1.189_207_115_002_721,
    1.090_507_732_665_257_7,
    1.044_273_782_427_413_8,
    1.021_897_148_654_116_6,
    1.010_889_286_051_700_5,
    1.005_429_901_112_802_7,
    1.002_711_275_050_202_5,
];

/// 2^(k/256) for k in 0..=256. Computed while compiling from multiplications alone, so that every machine has the
/// same boundaries.
const POWERS: [f64; 257] = powers();

/// The mantissas of [`POWERS`]; the last one is out of reach.
const BOUNDARIES: [u64; 257] = boundaries();

/// For the smallest mantissa of each slice, how many boundaries are below it.
const BELOW: [u16; SLICES] = below();

const fn powers() -> [f64; 257] {
    let mut powers = [1.0; 257];
    let mut k = 0;
    while k < 256 {
        let mut bit = 0;
        while bit < 8 {
            if k & (128 >> bit) != 0 {
                powers[k] *= ROOTS[bit];
            }
            bit += 1;
        }
        k += 1;
    }
    powers[256] = 2.0;
    powers
}

const fn boundaries() -> [u64; 257] {
    let mut boundaries = [0; 257];
    let mut k = 0;
    while k < 256 {
        boundaries[k] = POWERS[k].to_bits() & MANTISSA_MASK;
        k += 1;
    }
    boundaries[256] = u64::MAX;
    boundaries
}

const fn below() -> [u16; SLICES] {
    let mut below = [0; SLICES];
    let mut slice = 0;
    while slice < SLICES {
        let smallest = (slice as u64) << (MANTISSA_BITS - SLICE_BITS);
        let mut count = 0;
        while BOUNDARIES[count] < smallest {
            count += 1;
        }
        below[slice] = count as u16;
        slice += 1;
    }
    below
}

/// The bucket of a positive finite value: `i` where the value is in `(2^(i/256), 2^((i+1)/256)]`.
#[inline]
pub fn bucket_index(value: f64) -> i32 {
    debug_assert!(value > 0.0 && value.is_finite());
    let bits = value.to_bits();
    let exponent = (bits >> MANTISSA_BITS) as i32;
    if exponent == 0 {
        // Subnormal: its exponent is in the leading zeros. Scaling by a power of two is exact.
        return bucket_index(value * 2f64.powi(64)) - 64 * BUCKETS_PER_DOUBLING;
    }
    let mantissa = bits & MANTISSA_MASK;
    let below = BELOW[(mantissa >> (MANTISSA_BITS - SLICE_BITS)) as usize] as usize;
    let in_doubling = below as i32 + i32::from(mantissa > BOUNDARIES[below]);
    (exponent - EXPONENT_BIAS) * BUCKETS_PER_DOUBLING + in_doubling - 1
}

/// The bounds of a bucket, lower (not included) and upper (included).
pub fn bucket_bounds(index: i32) -> (f64, f64) {
    (boundary(index), boundary(index + 1))
}

/// The value that stands for all values of a bucket: the harmonic mean of its bounds, which makes the largest
/// relative error the same, [`RELATIVE_ERROR`], at both ends.
pub(crate) fn representative(index: i32) -> f64 {
    let (lower, upper) = bucket_bounds(index);
    if upper.is_infinite() {
        return f64::MAX;
    }
    // Not 2lu/(l+u): the product overflows for large values and vanishes for small ones.
    lower + (upper - lower) * (lower / (lower + upper))
}

fn boundary(index: i32) -> f64 {
    let power = POWERS[index.rem_euclid(BUCKETS_PER_DOUBLING) as usize];
    let exponent = index.div_euclid(BUCKETS_PER_DOUBLING);
    if let Ok(biased @ 1..=2046) = u64::try_from(exponent + EXPONENT_BIAS) {
        return power * f64::from_bits(biased << MANTISSA_BITS);
    }
    // Two steps, because 2^-1074 is not a normal number and powi goes through its reciprocal.
    let half = exponent / 2;
    power * 2f64.powi(half) * 2f64.powi(exponent - half)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn powers_of_two_close_their_bucket() {
        for exponent in -1000..1000 {
            let value = 2f64.powi(exponent);
            assert_eq!(bucket_index(value), exponent * 256 - 1);
            assert_eq!(bucket_index(f64::from_bits(value.to_bits() + 1)), exponent * 256);
        }
    }

    #[test]
    fn every_boundary_is_the_last_value_of_its_bucket() {
        for index in -2560..2560 {
            let (lower, upper) = bucket_bounds(index);
            assert_eq!(bucket_index(upper), index);
            assert_eq!(bucket_index(f64::from_bits(lower.to_bits() + 1)), index);
        }
    }

    #[test]
    fn boundaries_are_the_powers_they_should_be() {
        for (k, power) in POWERS.iter().enumerate() {
            let exact = (k as f64 / 256.0).exp2();
            assert!((power - exact).abs() <= 4.0 * f64::EPSILON, "{k}: {power} {exact}");
        }
    }

    #[test]
    fn the_ends_of_the_range_work() {
        assert_eq!(bucket_index(f64::MAX), 1024 * 256 - 1);
        assert_eq!(bucket_index(5e-324), -1074 * 256 - 1);
        assert!(representative(bucket_index(f64::MAX)).is_finite());
        assert!(representative(bucket_index(f64::MIN_POSITIVE)) > 0.0);
    }

    proptest! {
        #[test]
        fn a_representative_is_within_the_bound(value in (f64::MIN_POSITIVE * 1e10)..1e300, scale in -290i32..5) {
            let value = value * 10f64.powi(scale);
            prop_assume!(value > 1e-300);
            let index = bucket_index(value);
            let (lower, upper) = bucket_bounds(index);
            prop_assert!(lower < value && value <= upper);
            prop_assert!((representative(index) - value).abs() <= value * RELATIVE_ERROR * (1.0 + 1e-6));
        }
    }
}
