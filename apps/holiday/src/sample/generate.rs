//! Programmes and providers around real postcodes.
//!
//! Everything is an iterator: a million programmes stream into a store without ever being in memory together. A programme
//! depends only on the seed and its number, so a larger sample begins with the smaller one.

use super::{dice::Dice, words};
use crate::{
    catalogue::{Ages, Program, ProgramId, Provider, ProviderId, Status},
    place::{Point, Postcode, postcodes},
};

/// Programmes a provider runs on average.
const PROGRAMS_PER_PROVIDER: u32 = 10;
/// How far from its postcode's centre a programme may be.
const SPREAD_KM: f64 = 1.5;
const KM_PER_DEGREE: f64 = 111.195;
/// cos(33.87°), Sydney's latitude, written out because a computed cosine may differ in its last bit between machines.
const COSINE_OF_SYDNEY: f64 = 0.8303;
/// Keeps the providers' random numbers apart from the programmes'.
const PROVIDER_STREAM: u64 = 1 << 40;

/// How much data, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Programmes; a tenth as many providers, rounded up.
    pub programs: u32,
    /// Another seed gives other data.
    pub seed: u64,
}

/// The data of one seed.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    settings: Settings,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { programs: 20_000, seed: 2000 }
    }
}

impl Sample {
    /// The sample of these settings; nothing is generated yet.
    pub fn new(settings: Settings) -> Sample {
        Sample { settings }
    }

    /// The providers, numbered from 1.
    pub fn providers(self) -> impl Iterator<Item = Provider> {
        let count = self.settings.programs.div_ceil(PROGRAMS_PER_PROVIDER);
        (1..=ProviderId::from(count)).map(move |id| self.provider(id))
    }

    /// The programmes, numbered from 1.
    pub fn programs(self) -> impl Iterator<Item = Program> {
        (1..=ProgramId::from(self.settings.programs)).map(move |id| self.program(id))
    }

    fn provider(self, id: ProviderId) -> Provider {
        let mut dice = Dice::new(self.settings.seed, PROVIDER_STREAM + id as u64);
        let home = pick_postcode(&mut dice);
        let (style, kind) = (dice.pick(words::PROVIDER_STYLES), dice.pick(words::PROVIDER_KINDS));
        Provider {
            id,
            name: format!("{} {style} {kind}", home.suburb),
            suburb: home.suburb.to_owned(),
            postcode: home.code.to_owned(),
            rating_tenths: 30 + dice.below(21) as u8,
        }
    }

    fn program(self, id: ProgramId) -> Program {
        let mut dice = Dice::new(self.settings.seed, id as u64);
        let postcode = pick_postcode(&mut dice);
        let &(category, activity) = dice.pick(words::ACTIVITIES);
        let kind = dice.pick(words::KINDS);
        let &(first, last) = dice.pick(words::AGES);
        let &(starts_on, ends_on) = dice.pick(words::WEEKS);
        let (east, north) = dice.in_disc();
        let capacity = 8 + dice.below(33) as u32;
        Program {
            id,
            // In blocks, so that a larger sample gives no programme of the smaller one another provider.
            provider: (id - 1) / ProviderId::from(PROGRAMS_PER_PROVIDER) + 1,
            title: format!("{activity} {kind}"),
            category: category.to_owned(),
            description: format!(
                "{activity} for ages {first} to {last} in {suburb}: a week in small groups, {capacity} places, materials \
                 and morning tea included. Bring a hat, a water bottle and lunch.",
                suburb = postcode.suburb,
            ),
            ages: Ages::new(first, last).expect("the table of ages is in order, checked by a test"),
            price_cents: 4_000 + 500 * dice.below(97) as i64,
            starts_on: starts_on.to_owned(),
            ends_on: ends_on.to_owned(),
            capacity,
            postcode: postcode.code.to_owned(),
            suburb: postcode.suburb.to_owned(),
            place: Point {
                latitude: postcode.centre.latitude + north * SPREAD_KM / KM_PER_DEGREE,
                longitude: postcode.centre.longitude + east * SPREAD_KM / (KM_PER_DEGREE * COSINE_OF_SYDNEY),
            },
            status: match dice.below(100) {
                0..92 => Status::Active,
                92..97 => Status::Draft,
                _ => Status::Cancelled,
            },
        }
    }
}

fn pick_postcode(dice: &mut Dice) -> &'static Postcode {
    dice.pick(postcodes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};
    use std::fmt::Write;

    fn sample(programs: u32) -> Sample {
        Sample::new(Settings { programs, ..Settings::default() })
    }

    #[test]
    fn the_same_on_every_machine() {
        let mut digest = Sha256::new();
        for program in sample(1_000).programs() {
            digest.update(format!("{program:?}"));
        }
        for provider in sample(1_000).providers() {
            digest.update(format!("{provider:?}"));
        }
        let mut hex = String::new();
        for byte in &digest.finalize()[..8] {
            write!(hex, "{byte:02x}").unwrap();
        }
        assert_eq!(
            hex, "079f1b22d4a78b3a",
            "sample data changed: say so in the changelog, baselines depend on it"
        );
    }

    #[test]
    fn a_larger_sample_begins_with_the_smaller() {
        assert!(sample(50).programs().eq(sample(500).programs().take(50)));
        assert!(sample(50).providers().eq(sample(500).providers().take(5)));
    }

    #[test]
    fn counts_and_ages() {
        assert_eq!(sample(20_000).providers().count(), 2_000);
        assert_eq!(sample(1).providers().count(), 1);
        assert_eq!(sample(0).programs().count(), 0);
        assert!(words::AGES.iter().all(|&(first, last)| Ages::new(first, last).is_some()));
        for age in 0..=Ages::OLDEST {
            assert!(words::AGES.iter().any(|&(first, last)| (first..=last).contains(&age)), "{age}");
        }
    }

    #[test]
    fn another_seed_gives_other_data() {
        let other = Sample::new(Settings { programs: 10, seed: 1 });
        assert!(!other.programs().eq(sample(10).programs()));
    }
}
