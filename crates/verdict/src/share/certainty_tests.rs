use super::*;

#[test]
fn peek() {
    for (t, r) in [
        (20, 10),
        (20, 200),
        (60, 10),
        (60, 50),
        (60, 200),
        (120, 10),
        (120, 50),
        (300, 10),
        (300, 50),
        (1200, 10),
        (3600, 1),
    ] {
        for (bad, what) in [(0, "0"), (1, "tenth")] {
            let seconds: Vec<(u64, u64)> = (0..t)
                .map(|s| (if bad == 1 && s % (1000 / r).max(1) == 5 { (r / 1000).max(1) } else { 0 }, r))
                .collect();
            let i = certainty(&seconds, Counted::Events(None), 0.01, 1.0).unwrap();
            println!("{t}x{r} {what} {i:?}");
        }
    }
}
