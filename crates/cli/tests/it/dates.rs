//! Local time on days on which clocks change, in zones that are written out, so that no machine needs their names.

use crate::support::{Folder, ended};

/// What the expression is on a machine of this zone.
#[track_caller]
fn check(zone: &str, expression: &str, expected: &str) {
    let folder = Folder::with(&[(
        "script.js",
        &format!(
            "console.log('is ' + ({expression}));\nexport const options = {{ iterations: 1 }};\nexport default () => {{}};"
        ),
    )]);
    let mut command = folder.loadline(["run", "--no-history", "--quiet", "script.js"]);
    let ended = ended(command.env("TZ", zone)).expect(0);
    assert!(ended.err.contains(&format!("is {expected}\n")), "{zone}: {expression}: {}", ended.err);
}

const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
const NEW_YORK: &str = "EST5EDT,M3.2.0,M11.1.0";

#[test]
fn a_reading_that_clocks_skip_is_taken_by_the_offset_before() {
    check(BERLIN, "new Date(2026, 2, 29, 2, 30).toISOString()", "2026-03-29T01:30:00.000Z");
    check(BERLIN, "new Date(2026, 2, 29, 2, 30).getHours()", "3");
    check(NEW_YORK, "new Date(2026, 2, 8, 2, 30).toISOString()", "2026-03-08T07:30:00.000Z");
}

#[test]
fn readings_around_a_change_are_what_clocks_show() {
    check(BERLIN, "[0, 1, 3, 4].map((hour) => new Date(2026, 2, 29, hour, 30).getHours())", "0,1,3,4");
    check(
        NEW_YORK,
        "[0, 1, 3, 4, 5, 6, 7].map((hour) => new Date(2026, 2, 8, hour, 30).getHours())",
        "0,1,3,4,5,6,7",
    );
    // The first of two.
    check(BERLIN, "new Date(2026, 9, 25, 2, 30).toISOString()", "2026-10-25T00:30:00.000Z");
    check(NEW_YORK, "new Date('2026-11-01T01:30').toISOString()", "2026-11-01T05:30:00.000Z");
    check(BERLIN, "new Date('Mar 29 2026 01:30').toISOString()", "2026-03-29T00:30:00.000Z");
    check(BERLIN, "new Date('2026-03-29T01:30:00+05:00').toISOString()", "2026-03-28T20:30:00.000Z");
    check(BERLIN, "new Date('2026-03-29').toISOString()", "2026-03-29T00:00:00.000Z");
    let set = "(() => { const date = new Date(2026, 2, 28, 12); date.setDate(29); date.setHours(1, 30); return date.toISOString(); })()";
    check(BERLIN, set, "2026-03-29T00:30:00.000Z");
}

#[test]
fn a_date_is_still_a_date() {
    let all = "[new Date(0).constructor === Date, typeof Date(), Date.length, Date.name, new Date(new Date(7)).getTime(), \
               new Date(null).getTime(), new Date(NaN).getTime(), new Date(99, 5).getFullYear(), \
               (class extends Date {}).prototype instanceof Date, new (class extends Date { x() { return this.getHours(); } })(2026, 2, 29, 1).x(), \
               new Date(NaN).setFullYear(2026, 0, 1) === new Date(2026, 0, 1).getTime(), new Date(8.64e15 + 1).getTime(), \
               Date.prototype.setHours.length, JSON.stringify(new Date(Date.UTC(2026, 2, 29)))].join(' ')";
    let expected = "true string 7 Date 7 0 NaN 1999 true 1 true NaN 4 \"2026-03-29T00:00:00.000Z\"";
    for zone in [BERLIN, NEW_YORK, "UTC"] {
        check(zone, all, expected);
    }
}
