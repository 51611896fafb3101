//! Loads as they are typed, and whether they fit what is scaled and each other.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use loadline_capacity::live::Load;
use loadline_units as units;

/// A load: so many per second, or a plain number of whatever is scaled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TypedLoad {
    /// How many, above 0.
    pub(crate) value: f64,
    /// Whether it says that it is per second.
    is_rate: bool,
    text: String,
}

impl FromStr for TypedLoad {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = text.parse::<f64>().ok();
        let value =
            plain.map_or_else(|| units::parse_per_second(text).map_err(|error| error.to_string()), Ok)?;
        if !value.is_finite() || value <= 0.0 {
            return Err("must be above 0, such as `300/s`".to_owned());
        }
        Ok(Self { value, is_rate: plain.is_none(), text: text.to_owned() })
    }
}

impl Display for TypedLoad {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// What of `--expect`, `--max` and `--start` contradicts what is scaled, or another: nothing of it is put right in
/// silence. `usual_max` is what is never gone beyond where nobody says otherwise.
pub(super) fn contradiction(
    [expect, max, start]: [Option<&TypedLoad>; 3],
    load: Load,
    usual_max: f64,
) -> Option<String> {
    let typed = [("--expect", expect), ("--max", max), ("--start", start)];
    for (name, typed) in typed.into_iter().filter_map(|(name, typed)| Some((name, typed?))) {
        if load == Load::Users && typed.is_rate {
            return Some(format!(
                "`{name} {typed}` is a rate, and the plan is scaled by its users, because nothing in it arrives on a schedule\nhint: give a number of users, or the script an arrival rate"
            ));
        }
        if load == Load::Users && typed.value < 1.0 {
            return Some(format!(
                "`{name} {typed}` is less than one user\nhint: give a whole number of users"
            ));
        }
    }
    if let (Some(expect), Some(max)) = (expect, max)
        && expect.value > max.value
    {
        return Some(format!(
            "`--expect {expect}` is above `--max {max}`, so it would never be tried\nhint: leave `--max` out, or raise it"
        ));
    }
    let start = start?;
    let most = max.map_or(usual_max, |max| max.value);
    (start.value > most).then(|| match max {
        Some(max) => format!("`--start {start}` is above `--max {max}`\nhint: begin with a load that is carried"),
        None => format!(
            "`--start {start}` is above {}, which is never gone beyond by default\nhint: say how far it may go: `--max`",
            loadline_capacity::told::amount(most)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(expect: &str, max: &str, start: &str, load: Load) -> String {
        let typed = [expect, max, start].map(|text| (!text.is_empty()).then(|| text.parse().unwrap()));
        contradiction(typed.each_ref().map(Option::as_ref), load, 100.0).unwrap_or_default()
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        for (expect, max, start, load, part) in [
            ("300/s", "", "", Load::Users, "`--expect 300/s` is a rate"),
            ("", "0.5", "", Load::Users, "less than one user"),
            ("50", "20/s", "", Load::Requests, "would never be tried"),
            ("", "20", "40", Load::Requests, "`--start 40` is above `--max 20`"),
            ("", "", "400/min", Load::Requests, ""),
            ("", "", "400/s", Load::Iterations, "above 100, which is never gone beyond"),
            ("300", "400", "20", Load::Users, ""),
            ("500/s", "", "", Load::Requests, ""),
        ] {
            let said = said(expect, max, start, load);
            assert!(said.contains(part) && said.is_empty() == part.is_empty(), "{said}");
        }
    }
}
