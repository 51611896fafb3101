//! What is wanted of the advice.

/// What is to be least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aim {
    /// The cost of the workload.
    #[default]
    Cost,
    /// The number of indexes: each has to save a good part.
    Few,
    /// What writes pay: indexes that slow them down have to save ten times of it.
    Writes,
}

/// The aim and its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Goal {
    /// The aim.
    pub aim: Aim,
    /// Bytes that all indexes together may have.
    pub within: Option<f64>,
}

impl Goal {
    /// The share of a statement's cost that an index has to save to be worth its while.
    pub(super) fn least_share(self) -> f64 {
        match self.aim {
            Aim::Few => 0.3,
            _ => 0.1,
        }
    }

    /// How many times more than it costs writes an index has to save.
    pub(super) fn write_weight(self) -> f64 {
        match self.aim {
            Aim::Writes => 10.0,
            _ => 1.0,
        }
    }
}
