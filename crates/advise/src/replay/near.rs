//! Which statements are measured with the set, and at once without it.
//!
//! What slows a machine down is to slow both. So the two are near each other in time: a long statement takes turns with
//! itself, and short ones together, because to set an index aside takes time of its own.

/// Between a statement with the set and without it passes no more than this, as far as the statements permit.
const NEAR_MS: f64 = 250.0;

/// These statements in their order, as many at a time as are measured within that; `takes_ms`: what each takes.
pub(super) fn near(places: &[usize], takes_ms: impl Fn(usize) -> f64) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    let mut ms = 0.0;
    for place in places {
        let own = takes_ms(*place);
        ms += own;
        match all.last_mut() {
            Some(few) if ms <= NEAR_MS => few.push(*place),
            _ => {
                all.push(vec![*place]);
                ms = own;
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_statements_are_alone_and_short_ones_together() {
        let takes = [900.0, 100.0, 100.0, 50.0, 1.0, 400.0, 2.0];
        let places: Vec<usize> = (0..takes.len()).collect();
        assert_eq!(near(&places, |place| takes[place]), [vec![0], vec![1, 2, 3], vec![4], vec![5], vec![6]]);
        assert!(near(&[], |_| 1.0).is_empty());
    }

    proptest! {
        #[test]
        fn each_is_measured_once_and_none_far_from_itself(takes in proptest::collection::vec(0.0f64..600.0, 0..40)) {
            let places: Vec<usize> = (0..takes.len()).rev().collect();
            let all = near(&places, |place| takes[place]);
            prop_assert_eq!(all.concat(), places);
            for few in all {
                let ms: f64 = few.iter().map(|place| takes[*place]).sum();
                prop_assert!(few.len() == 1 || ms <= NEAR_MS, "{:?} takes {}", few, ms);
            }
        }
    }
}
