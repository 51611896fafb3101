//! What the measurements mean: the threshold grammar, budgets, and the judge.
