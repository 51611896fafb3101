//! The search: its plan at any size, and that what it finds is what `PostGIS` says.

use tokio::runtime::Runtime;

use super::scene::loaded;
use crate::{
    place::{Point, find_postcode},
    store::{
        Store, Vicinity,
        postgres::{Address, search},
    },
};

/// The plan of the search, as a connection of the pool has it: settled, without knowing the parameters.
async fn plan(address: &Address) -> String {
    let (client, connection) = address.for_requests().connect(address.connector().unwrap()).await.unwrap();
    tokio::spawn(connection);
    let prepared = format!("PREPARE nearest (geography, float8, int4range, bigint) AS {}", search::NEAREST);
    client.batch_execute(&prepared).await.unwrap();
    let explain = "EXPLAIN EXECUTE nearest ('SRID=4326;POINT(151.2093 -33.8688)', 10000, '[5,7]', 50)";
    let rows = client.query(explain, &[]).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}

/// The index answers everything: radius, ages, status and order; nothing is sorted or scanned beside it.
fn assert_uses_the_index(plan: &str) {
    assert!(plan.contains("Index Scan using programs_nearby on programs"), "{plan}");
    assert!(plan.contains("Index Cond: ((place && _st_expand($1, $2)) AND (ages && $3))"), "{plan}");
    assert!(plan.contains("Order By: (place <-> $1)"), "{plan}");
    assert!(!plan.contains("Seq Scan") && !plan.contains("Sort"), "{plan}");
}

#[test]
fn the_search_uses_its_index() {
    let runtime = Runtime::new().unwrap();
    let (_store, address) = loaded(&runtime, 20_000);
    assert_uses_the_index(&runtime.block_on(plan(&address)));
}

/// The same index at fifty times the data, where sorting all that the radius holds would take half a second.
#[test]
fn the_search_uses_its_index_among_a_million() {
    let runtime = Runtime::new().unwrap();
    let (store, address) = loaded(&runtime, 20_000);
    runtime.block_on(async {
        let client = address.connect().await.unwrap();
        // The server multiplies what it has, each copy some metres aside; an index is built faster than it is kept up.
        client
            .batch_execute(
                "CREATE TEMP TABLE index_text AS SELECT pg_get_indexdef('programs_nearby'::regclass) AS text;
                 DROP INDEX programs_nearby;
                 SET session_replication_role = replica;
                 INSERT INTO programs
                 SELECT id + 20000 * copy, provider, title, category, ages, price_cents, starts_on, ends_on, capacity, postcode,
                     suburb, ST_Translate(place::geometry, 0.0001 * (copy % 7 - 3), 0.0001 * (copy / 7 - 3))::geography, status,
                     description
                 FROM programs, generate_series(1, 49) copy;
                 DO $$ BEGIN EXECUTE (SELECT text FROM index_text); END $$;
                 ANALYZE programs",
            )
            .await
            .unwrap();
        assert_uses_the_index(&plan(&address).await);
        let row = client.query_one("SELECT count(*) FROM programs", &[]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 1_000_000);
        let centre = find_postcode("2000").unwrap().centre;
        let vicinity = Vicinity { centre, radius_km: 10.0, ages: None, skip: 0, limit: 50 };
        assert_eq!(store.nearest(vicinity).await.unwrap().len(), 50);
    });
}

#[test]
fn distances_are_those_of_postgis() {
    let runtime = Runtime::new().unwrap();
    let (store, address) = loaded(&runtime, 500);
    let centre = find_postcode("2000").unwrap().centre;
    let vicinity = Vicinity { centre, radius_km: 200.0, ages: None, skip: 0, limit: 500 };
    runtime.block_on(async {
        let client = address.connect().await.unwrap();
        let rows = client
            .query(
                "SELECT id, ST_Distance(place, ST_MakePoint($1, $2)::geography) FROM programs WHERE status = 'active'",
                &[&centre.longitude, &centre.latitude],
            )
            .await
            .unwrap();
        let found = store.nearest(vicinity).await.unwrap();
        assert_eq!(found.len(), rows.len());
        for listed in found {
            let row = rows.iter().find(|row| row.get::<_, i64>(0) == listed.program.id).unwrap();
            let (ours, theirs) = (listed.distance_km.unwrap(), row.get::<_, f64>(1) / 1_000.0);
            assert!((ours - theirs).abs() < 1e-8, "{ours} km, {theirs} km");
        }
    });
}

#[test]
fn programmes_at_one_spot_come_by_number() {
    let runtime = Runtime::new().unwrap();
    let (store, address) = loaded(&runtime, 200);
    let centre = Point { latitude: -33.9, longitude: 151.1 };
    runtime.block_on(async {
        let client = address.connect().await.unwrap();
        client
            .batch_execute("UPDATE programs SET place = 'POINT(151.1 -33.9)', status = 'active'")
            .await
            .unwrap();
        for skip in [0, 7, 190] {
            let vicinity = Vicinity { centre, radius_km: 1.0, ages: None, skip, limit: 20 };
            let found = store.nearest(vicinity).await.unwrap();
            let expected = i64::from(skip) + 1..=(i64::from(skip) + 20).min(200);
            assert!(found.iter().map(|listed| listed.program.id).eq(expected), "{skip}");
        }
    });
}

/// The index walks on the sphere, where a hundred to the east come before twenty to the north that are truly nearer.
#[test]
fn the_nearest_are_found_where_the_index_finds_others_first() {
    let runtime = Runtime::new().unwrap();
    let (store, address) = loaded(&runtime, 120);
    let centre = Point { latitude: -33.9, longitude: 151.1 };
    runtime.block_on(async {
        let client = address.connect().await.unwrap();
        client
            .batch_execute(
                "UPDATE programs SET status = 'active', ages = '[0,17]',
                     place = CASE WHEN id <= 100 THEN 'POINT(151.20836 -33.9)' ELSE 'POINT(151.1 -33.80995)' END::geography",
            )
            .await
            .unwrap();
        let vicinity = Vicinity { centre, radius_km: 50.0, ages: None, skip: 0, limit: 20 };
        let found = store.nearest(vicinity).await.unwrap();
        assert!(found.iter().map(|listed| listed.program.id).eq(101..=120), "{found:?}");
        let far = store.nearest(Vicinity { skip: 20, ..vicinity }).await.unwrap();
        assert!(far[0].distance_km > found[0].distance_km);
        assert!(centre.sphere_km(far[0].program.place) < centre.sphere_km(found[0].program.place));
    });
}
