//! How fast a policy may scale, and how long it waits: `spec.behavior`, with the API's defaults filled in.

/// What one direction may do.
#[derive(Debug, Clone, PartialEq)]
pub struct ScalingRules {
    /// For how long the most cautious recommendation is heeded, in milliseconds; none: the controller's own time
    /// (scaling down alone).
    pub window_ms: Option<i64>,
    /// Which of the limits holds.
    pub select: Select,
    /// The limits.
    pub policies: Vec<RatePolicy>,
    /// How far a ratio may be from 1, as a share; none: the controller's own tolerance.
    pub tolerance: Option<f64>,
}

/// Which of several limits holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Select {
    /// The one that lets more happen.
    #[default]
    Max,
    /// The one that lets less happen.
    Min,
    /// None: nothing may happen in this direction.
    Disabled,
}

/// So much in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatePolicy {
    /// How much.
    pub amount: Amount,
    /// In which time, in milliseconds.
    pub period_ms: i64,
}

/// How much replicas may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// By a number of pods.
    Pods(i32),
    /// By percent of what there was when the time began.
    Percent(i32),
}

/// Both directions.
#[derive(Debug, Clone, PartialEq)]
pub struct Behavior {
    /// Up.
    pub up: ScalingRules,
    /// Down.
    pub down: ScalingRules,
}

impl Behavior {
    /// What holds where a policy has a behavior that says nothing: up at once, doubling or four pods every 15 seconds,
    /// whichever is more; down by anything after the controller's time (`SetDefaults_HorizontalPodAutoscaler`).
    pub fn defaults() -> Self {
        let every_15_s = |amount| RatePolicy { amount, period_ms: 15_000 };
        Self {
            up: ScalingRules {
                window_ms: Some(0),
                select: Select::Max,
                policies: vec![every_15_s(Amount::Pods(4)), every_15_s(Amount::Percent(100))],
                tolerance: None,
            },
            down: ScalingRules {
                window_ms: None,
                select: Select::Max,
                policies: vec![every_15_s(Amount::Percent(100))],
                tolerance: None,
            },
        }
    }
}

impl ScalingRules {
    /// The longest time that any of the limits looks back, in milliseconds.
    pub(super) fn longest_period_ms(&self) -> i64 {
        self.policies.iter().map(|policy| policy.period_ms).max().unwrap_or(0)
    }
}
