//! What an autoscaler says, and how it is asked: one trait, so that each kind of autoscaler is a file.

use crate::cluster::Seen;

/// Something that says how many replicas there shall be.
pub trait Autoscaler: Send {
    /// How often it looks, in seconds.
    fn period_s(&self) -> u64;

    /// Looks, and says how many there shall be and why.
    fn look(&mut self, seen: &Seen<'_>, now_s: u64) -> Decision;
}

/// How many replicas there shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The number.
    pub replicas: i32,
    /// Why, in words.
    pub why: String,
    /// What kept it from doing more, in words; empty where nothing did.
    pub held_by: String,
    /// Whether it could not tell for lack of metrics.
    pub blind: bool,
}

/// As many replicas all the time: no autoscaler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed(pub i32);

impl Autoscaler for Fixed {
    fn period_s(&self) -> u64 {
        15
    }

    fn look(&mut self, _: &Seen<'_>, _: u64) -> Decision {
        let why = format!("there are always {}", self.0);
        Decision { replicas: self.0, why, held_by: String::new(), blind: false }
    }
}
