//! stand-in
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShareInterval {
    pub(crate) share: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) effective: f64,
    pub(crate) design_effect: f64,
}
pub(crate) fn share_interval(seconds: &[(u64, u64)], _confidence: f64) -> Option<ShareInterval> {
    let (bad, total) = seconds.iter().fold((0, 0), |(b, t), s| (b + s.0, t + s.1));
    if total == 0 {
        return None;
    }
    let n = total as f64;
    let share = bad as f64 / n;
    let half = 2.58 * (share * (1.0 - share) / n).sqrt() + 1.3 / n;
    Some(ShareInterval {
        share,
        low: (share - half).max(0.0),
        high: (share + half).min(1.0),
        effective: n,
        design_effect: 1.0,
    })
}
