//! What was measured: metrics, tags, samples, mergeable histograms, per-second windows, and the [`Run`] they end in.
