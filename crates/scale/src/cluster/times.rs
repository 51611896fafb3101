//! How long things take in a cluster that no autoscaler knows of.

/// The life of a pod, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PodTimes {
    /// From being given a node to running: pulling the image, starting the process.
    pub start_s: u64,
    /// From running to being ready: the first readiness probe that passes.
    pub ready_s: u64,
    /// For how long after that it is slow: caches are cold, code is not compiled yet.
    pub warm_up_s: u64,
    /// How many times as long a request takes then.
    pub slower: f64,
    /// From being deleted until nothing is sent to it any more: whoever balances has to hear of it.
    pub deregister_s: u64,
    /// For how long after being deleted it takes requests: its `preStop`, or its own patience. Where that is shorter,
    /// requests are refused.
    pub accepts_s: u64,
    /// `terminationGracePeriodSeconds`: what is not answered then is lost.
    pub grace_s: u64,
}

impl Default for PodTimes {
    /// A service of moderate size: ten seconds to start and five to be ready; the grace of Kubernetes.
    fn default() -> Self {
        Self {
            start_s: 10,
            ready_s: 5,
            warm_up_s: 0,
            slower: 1.0,
            deregister_s: 2,
            accepts_s: 5,
            grace_s: 30,
        }
    }
}

/// The machines, where they are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeTimes {
    /// How many pods a node has room for.
    pub pods_per_node: usize,
    /// How many nodes there are at least, and at the beginning.
    pub min: usize,
    /// How many there may be.
    pub max: usize,
    /// From being asked for to taking pods, in seconds.
    pub provision_s: u64,
    /// After how long a node without pods goes, in seconds.
    pub idle_s: u64,
}

/// How metrics come to whoever asks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScrapeTimes {
    /// How often pods are asked, in seconds. A reading is the mean since the last one.
    pub every_s: u64,
    /// How long a reading takes to be seen, in seconds.
    pub delay_s: u64,
}

impl Default for ScrapeTimes {
    /// metrics-server's own: every fifteen seconds.
    fn default() -> Self {
        Self { every_s: 15, delay_s: 0 }
    }
}

/// How requests are spread over replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Balance {
    /// Each to one by chance, as a Service of Kubernetes does.
    #[default]
    Random,
    /// Of two by chance to the one that is free first, as service meshes do.
    TwoChoices,
}
