//! How programmes and providers look on the wire. Borrowed from what the store gave: serialising copies nothing twice.

use serde::{Serialize, Serializer};

use crate::catalogue::{Ages, Listed, Program, Provider};

/// A programme in a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProgramRow<'a> {
    id: i64,
    title: &'a str,
    category: &'a str,
    provider_id: i64,
    provider_name: &'a str,
    #[serde(serialize_with = "as_text")]
    ages: Ages,
    price_cents: i64,
    starts_on: &'a str,
    ends_on: &'a str,
    suburb: &'a str,
    postcode: &'a str,
    latitude: f64,
    longitude: f64,
    /// To the metre.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance_km: Option<f64>,
}

/// A programme by itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProgramDetails<'a> {
    #[serde(flatten)]
    row: ProgramRow<'a>,
    description: &'a str,
    capacity: u32,
    provider: ProviderRow<'a>,
}

/// A provider.
#[derive(Serialize)]
pub(super) struct ProviderRow<'a> {
    id: i64,
    name: &'a str,
    suburb: &'a str,
    postcode: &'a str,
    /// 1 to 5.
    rating: f64,
}

impl<'a> From<&'a Listed> for ProgramRow<'a> {
    fn from(listed: &'a Listed) -> ProgramRow<'a> {
        row(&listed.program, &listed.provider_name, listed.distance_km)
    }
}

impl<'a> From<&'a (Program, Provider)> for ProgramDetails<'a> {
    fn from((program, provider): &'a (Program, Provider)) -> ProgramDetails<'a> {
        ProgramDetails {
            row: row(program, &provider.name, None),
            description: &program.description,
            capacity: program.capacity,
            provider: provider.into(),
        }
    }
}

impl<'a> From<&'a Provider> for ProviderRow<'a> {
    fn from(provider: &'a Provider) -> ProviderRow<'a> {
        ProviderRow {
            id: provider.id,
            name: &provider.name,
            suburb: &provider.suburb,
            postcode: &provider.postcode,
            rating: f64::from(provider.rating_tenths) / 10.0,
        }
    }
}

fn row<'a>(program: &'a Program, provider_name: &'a str, distance_km: Option<f64>) -> ProgramRow<'a> {
    /// Five decimals of a degree are a metre.
    const DEGREE_PARTS: f64 = 100_000.0;
    ProgramRow {
        id: program.id,
        title: &program.title,
        category: &program.category,
        provider_id: program.provider,
        provider_name,
        ages: program.ages,
        price_cents: program.price_cents,
        starts_on: &program.starts_on,
        ends_on: &program.ends_on,
        suburb: &program.suburb,
        postcode: &program.postcode,
        latitude: (program.place.latitude * DEGREE_PARTS).round() / DEGREE_PARTS,
        longitude: (program.place.longitude * DEGREE_PARTS).round() / DEGREE_PARTS,
        distance_km: distance_km.map(|km| (km * 1_000.0).round() / 1_000.0),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn as_text<S: Serializer>(ages: &Ages, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(ages)
}
