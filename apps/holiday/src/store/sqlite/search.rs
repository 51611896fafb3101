//! The nearest programmes, exactly, while reading few of them.
//!
//! The R*Tree gives everything in a box. In the city a radius of 10 km holds thousands of programmes and only the first fifty are
//! wanted, so the search looks in a small ring first and widens it until it holds enough or reaches the radius. A ring is searched
//! completely, hence what it finds is what the full radius would have found first.
//!
//! The tree's coordinates are rounded to 32 bits, a metre or two, and distances to them are measured on the sphere, which is quick and off
//! by half a percent. They choose the candidates, generously; the true distance of each candidate, on the ellipsoid and from its row,
//! decides what is within the radius and what comes first.

use rusqlite::{Connection, Row, params};

use super::{listing, snapshot::Snapshot};
use crate::{
    catalogue::{Ages, Listed, ProgramId},
    place::{Point, most_on_sphere, surely_farther},
    store::Vicinity,
};

/// No distance by the tree's coordinates is farther than this from the one by the row's: they are off by up to 2⁻¹⁶ degrees at 151° east.
const ROUNDING_KM: f64 = 0.005;
/// The area that would hold the whole sample if all of it were as dense as the inner city; only the number of rings depends on it.
const DENSE_AREA_KM2: f64 = 350.0;
/// The share of programmes that fit a usual age group.
const USUAL_SHARE: f64 = 0.3;

const IN_BOX: &str = "
SELECT id, south, north, west, east FROM program_places
WHERE north >= ?1 AND south <= ?2 AND east >= ?3 AND west <= ?4 AND age_last >= ?5 AND age_first <= ?6";

/// Where the tree says that a programme is, on the sphere.
struct Candidate {
    sphere_km: f64,
    id: ProgramId,
}

/// Active programmes around a place, nearest first; `programs` is about how many there are in all.
pub(super) fn nearest(
    connection: &Connection,
    vicinity: &Vicinity,
    programs: u32,
) -> rusqlite::Result<Vec<Listed>> {
    let _snapshot = Snapshot::begin(connection)?;
    let wanted = vicinity.skip as usize + vicinity.limit as usize;
    // Rings are measured on the sphere; this one holds all that truly lies within the radius.
    let whole_km = most_on_sphere(vicinity.radius_km);
    let mut ring_km = first_ring_km(wanted, programs).min(whole_km);
    let mut candidates = Vec::new();
    loop {
        within(connection, vicinity, ring_km, &mut candidates)?;
        let surely = candidates
            .iter()
            .filter(|candidate| surely_farther(candidate.sphere_km + ROUNDING_KM) <= ring_km)
            .count();
        if surely >= wanted || ring_km >= whole_km {
            break;
        }
        ring_km = (ring_km * growth(wanted, surely)).min(whole_km);
    }
    keep_nearest(&mut candidates, wanted);
    let mut found = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let mut listed = listing::listed(connection, candidate.id)?;
        let distance_km = vicinity.centre.distance_km(listed.program.place);
        if distance_km <= vicinity.radius_km {
            listed.distance_km = Some(distance_km);
            found.push((distance_km, listed));
        }
    }
    found.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.program.id.cmp(&right.1.program.id)));
    let shown = found.into_iter().skip(vicinity.skip as usize).take(vicinity.limit as usize);
    Ok(shown.map(|(_, listed)| listed).collect())
}

/// Replaces `candidates` by everything that may lie within `radius_km`.
fn within(
    connection: &Connection,
    vicinity: &Vicinity,
    radius_km: f64,
    candidates: &mut Vec<Candidate>,
) -> rusqlite::Result<()> {
    candidates.clear();
    let farthest_km = radius_km + ROUNDING_KM;
    let bounds = vicinity.centre.bounding_box(farthest_km);
    let (first, last) = vicinity.ages.map_or((0, Ages::OLDEST), |ages| (ages.first(), ages.last()));
    let mut statement = connection.prepare_cached(IN_BOX)?;
    let mut rows =
        statement.query(params![bounds.south, bounds.north, bounds.west, bounds.east, first, last])?;
    while let Some(row) = rows.next()? {
        let place = Point { latitude: middle(row, 1)?, longitude: middle(row, 3)? };
        let sphere_km = vicinity.centre.sphere_km(place);
        if sphere_km <= farthest_km {
            candidates.push(Candidate { sphere_km, id: row.get(0)? });
        }
    }
    Ok(())
}

/// Halfway between two columns, the tree's lower and upper bound.
fn middle(row: &Row<'_>, lower: usize) -> rusqlite::Result<f64> {
    Ok(f64::midpoint(row.get(lower)?, row.get(lower + 1)?))
}

/// Drops what can't be among the nearest `wanted`, whatever the rounding and the Earth's shape.
fn keep_nearest(candidates: &mut Vec<Candidate>, wanted: usize) {
    if wanted == 0 || candidates.len() <= wanted {
        return;
    }
    let (_, last, _) = candidates
        .select_nth_unstable_by(wanted - 1, |left, right| left.sphere_km.total_cmp(&right.sphere_km));
    let farthest_km = surely_farther(last.sphere_km + ROUNDING_KM) + ROUNDING_KM;
    candidates.retain(|candidate| candidate.sphere_km <= farthest_km);
}

/// A radius that holds about a quarter more than the wanted number in the inner city.
fn first_ring_km(wanted: usize, programs: u32) -> f64 {
    let per_km2 = f64::from(programs.max(1)) * USUAL_SHARE / DENSE_AREA_KM2;
    (1.25 * wanted as f64 / per_km2 / std::f64::consts::PI).sqrt() + ROUNDING_KM
}

/// How much wider the next ring should be, given what this one held: as if the density stayed the same, and some more.
fn growth(wanted: usize, found: usize) -> f64 {
    (1.5 * wanted as f64 / found.max(1) as f64).sqrt().clamp(1.3, 3.0)
}
