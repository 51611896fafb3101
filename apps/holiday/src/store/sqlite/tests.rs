//! The store against a brute-force scan, and what it keeps.

use std::sync::OnceLock;

use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::{Location, SqliteStore};
use crate::{
    catalogue::{Ages, Program, Status},
    place::{Point, find_postcode},
    sample::{Sample, Settings},
    store::{NewAccount, Session, Store, Subscription, SubscriptionStatus, Vicinity},
};

struct Loaded {
    runtime: Runtime,
    store: SqliteStore,
    programs: Vec<Program>,
}

fn sample() -> Sample {
    Sample::new(Settings { programs: 3_000, ..Settings::default() })
}

fn accounts() -> Vec<NewAccount> {
    ["one@example.com", "two@example.com"]
        .map(|email| NewAccount { email: email.to_owned(), password_hash: "hash".to_owned() })
        .into()
}

fn open_loaded() -> (Runtime, SqliteStore) {
    let runtime = Runtime::new().unwrap();
    let store = SqliteStore::open(&Location::Temporary, 2).unwrap();
    runtime.block_on(store.load(sample())).unwrap();
    runtime.block_on(store.put_accounts(accounts())).unwrap();
    (runtime, store)
}

/// One loaded store for all the reading tests.
fn loaded() -> &'static Loaded {
    static LOADED: OnceLock<Loaded> = OnceLock::new();
    LOADED.get_or_init(|| {
        let (runtime, store) = open_loaded();
        Loaded { runtime, store, programs: sample().programs().collect() }
    })
}

/// What the search must find: (number, distance) by scanning everything.
fn scan(programs: &[Program], vicinity: &Vicinity) -> Vec<(i64, f64)> {
    let mut found: Vec<_> = programs
        .iter()
        .filter(|program| program.status == Status::Active)
        .filter(|program| vicinity.ages.is_none_or(|ages| ages.overlaps(program.ages)))
        .map(|program| (program.id, vicinity.centre.distance_km(program.place)))
        .filter(|&(_, distance)| distance <= vicinity.radius_km)
        .collect();
    found.sort_by(|left, right| left.1.total_cmp(&right.1).then(left.0.cmp(&right.0)));
    found.into_iter().skip(vicinity.skip as usize).take(vicinity.limit as usize).collect()
}

prop_compose! {
    fn any_ages()(first in 0..=Ages::OLDEST)(last in first..=Ages::OLDEST, first in Just(first)) -> Ages {
        Ages::new(first, last).unwrap()
    }
}

proptest! {
    #[test]
    fn search_finds_what_a_scan_finds(
        latitude in -34.4..-33.3_f64,
        longitude in 150.2..151.6_f64,
        radius_km in prop_oneof![0.1..5.0_f64, 5.0..200.0_f64],
        ages in prop::option::of(any_ages()),
        skip in prop_oneof![Just(0_u32), 0..60_u32],
        limit in 1..60_u32,
    ) {
        let Loaded { runtime, store, programs } = loaded();
        let vicinity =
            Vicinity { centre: Point { latitude, longitude }, radius_km, ages, skip, limit };
        let found = runtime.block_on(store.nearest(vicinity)).unwrap();
        let found: Vec<_> =
            found.iter().map(|listed| (listed.program.id, listed.distance_km.unwrap())).collect();
        prop_assert_eq!(found, scan(programs, &vicinity));
    }
}

#[test]
fn every_age_group_of_the_load_test_has_results_at_its_postcodes() {
    let Loaded { runtime, store, .. } = loaded();
    for code in ["2000", "2001", "2010", "2020", "2030"] {
        for ages in ["0-2", "3-4", "5-7", "8-12", "13-17"] {
            let vicinity = Vicinity {
                centre: find_postcode(code).unwrap().centre,
                radius_km: 10.0,
                ages: Some(ages.parse().unwrap()),
                skip: 0,
                limit: 50,
            };
            assert_eq!(runtime.block_on(store.nearest(vicinity)).unwrap().len(), 50, "{code} {ages}");
        }
    }
}

#[test]
fn what_was_generated_is_what_is_read() {
    let Loaded { runtime, store, programs } = loaded();
    let providers: Vec<_> = sample().providers().collect();
    for program in programs.iter().take(100) {
        let read = runtime.block_on(store.program(program.id)).unwrap();
        if program.status == Status::Active {
            let (read, provider) = read.unwrap();
            assert_eq!(&read, program);
            assert_eq!(provider, providers[program.provider as usize - 1]);
        } else {
            assert_eq!(read, None);
        }
    }
    assert_eq!(runtime.block_on(store.program(i64::MAX)).unwrap(), None);
}

#[test]
fn pages_hold_every_active_programme_once() {
    let Loaded { runtime, store, programs } = loaded();
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let page = runtime.block_on(store.programs(after, 97)).unwrap();
        let Some(last) = page.last() else { break };
        after = last.program.id;
        seen.extend(page.iter().map(|listed| listed.program.id));
    }
    let active = programs.iter().filter(|program| program.status == Status::Active);
    assert!(active.map(|program| program.id).eq(seen));
    let providers = runtime.block_on(store.providers(290, 100)).unwrap();
    assert_eq!(
        providers.iter().map(|provider| provider.id).collect::<Vec<_>>(),
        (291..=300).collect::<Vec<_>>()
    );
}

#[test]
fn sessions_open_and_expire() {
    let (runtime, store) = open_loaded();
    let session = |byte: u8, expires_at| Session { token_hash: [byte; 32], account: 2, expires_at };
    runtime.block_on(async {
        store.open_session(session(1, 100), 0).await.unwrap();
        assert_eq!(store.session_account([1; 32], 99).await.unwrap(), Some(2));
        assert_eq!(store.session_account([1; 32], 100).await.unwrap(), None);
        assert_eq!(store.session_account([2; 32], 0).await.unwrap(), None);
        store.open_session(session(2, 900), 100).await.unwrap();
        assert_eq!(store.session_account([1; 32], 50).await.unwrap(), None, "forgotten");
        assert_eq!(store.session_account([2; 32], 800).await.unwrap(), Some(2));
        let open = store.session([2; 32], 800).await.unwrap().unwrap();
        assert_eq!((open.account, open.email.as_str(), open.expires_at), (2, "two@example.com", 900));
        assert_eq!(store.session([2; 32], 900).await.unwrap(), None);
        for _ in 0..2 {
            store.close_session([2; 32]).await.unwrap();
            assert_eq!(store.session_account([2; 32], 800).await.unwrap(), None);
        }
    });
}

#[test]
fn at_most_one_subscription_of_a_price_is_alive() {
    let (runtime, store) = open_loaded();
    let subscription = |id: &str, price: &str| Subscription {
        id: id.to_owned(),
        account: 1,
        price: price.to_owned(),
        payment_intent: "pi_1".to_owned(),
        status: SubscriptionStatus::Incomplete,
        created_at: 1,
    };
    runtime.block_on(async {
        for (id, price) in
            [("sub_1", "price_a"), ("sub_2", "price_a"), ("sub_2", "price_a"), ("sub_3", "price_b")]
        {
            store.add_subscription(subscription(id, price)).await.unwrap();
        }
        assert_eq!(store.live_subscriptions(1).await.unwrap(), 2);
        assert_eq!(store.live_subscriptions(2).await.unwrap(), 0);
    });
}

#[test]
fn a_subscription_only_moves_forward_and_an_event_counts_once() {
    use SubscriptionStatus::{Active, Canceled, Incomplete, IncompleteExpired};
    let (runtime, store) = open_loaded();
    let subscription = |id: &str, status| Subscription {
        id: id.to_owned(),
        account: 1,
        price: "price_a".to_owned(),
        payment_intent: "pi_1".to_owned(),
        status,
        created_at: 1,
    };
    let statuses = async || {
        let all = store.subscriptions_of(1, "price_a".to_owned()).await.unwrap();
        all.into_iter().map(|one| (one.id, one.status)).collect::<Vec<_>>()
    };
    runtime.block_on(async {
        let event = async |name: &str, id: &str, status| {
            store.apply_event(name.to_owned(), subscription(id, status), 10).await.unwrap()
        };
        assert!(event("evt_1", "sub_1", Active).await);
        assert!(event("evt_2", "sub_1", Incomplete).await, "late news");
        store.add_subscription(subscription("sub_1", Incomplete)).await.unwrap();
        assert_eq!(statuses().await, [("sub_1".to_owned(), Active)]);
        assert!(!event("evt_1", "sub_9", Active).await, "seen before");
        store.add_subscription(subscription("sub_2", Incomplete)).await.unwrap();
        assert_eq!(statuses().await, [("sub_1".to_owned(), Active), ("sub_2".to_owned(), IncompleteExpired)]);
        assert!(event("evt_3", "sub_1", Canceled).await);
        assert!(event("evt_4", "sub_2", Active).await, "payment beats expiry");
        assert_eq!(statuses().await, [("sub_1".to_owned(), Canceled), ("sub_2".to_owned(), Active)]);
        assert_eq!(store.live_subscriptions(1).await.unwrap(), 1);
        let page = store.subscriptions("sub_1".to_owned(), 9).await.unwrap();
        assert_eq!(page, [subscription("sub_2", Active)]);
        let much_later = 10 + crate::store::EVENT_KEPT_SECONDS;
        assert!(
            store.apply_event("evt_1".to_owned(), subscription("sub_2", Active), much_later).await.unwrap()
        );
    });
}

#[test]
fn payers_have_customers() {
    let (runtime, store) = open_loaded();
    runtime.block_on(async {
        assert_eq!(store.payer(1).await.unwrap().unwrap().customer, None);
        store.set_customer(1, "cus_1".to_owned()).await.unwrap();
        assert_eq!(store.payer(1).await.unwrap().unwrap().customer.as_deref(), Some("cus_1"));
        assert_eq!(store.payer(99).await.unwrap(), None);
    });
}

#[test]
fn accounts_are_found_by_their_address() {
    let Loaded { runtime, store, .. } = loaded();
    let found = runtime.block_on(store.account("two@example.com".to_owned())).unwrap().unwrap();
    assert_eq!((found.id, found.password_hash.as_str()), (2, "hash"));
    runtime.block_on(store.put_accounts(accounts())).unwrap();
    assert_eq!(runtime.block_on(store.account("two@example.com".to_owned())).unwrap().unwrap().id, 2);
    assert_eq!(runtime.block_on(store.account("' OR 1=1 --".to_owned())).unwrap(), None);
}

#[test]
fn a_kept_file_is_opened_again_and_a_strange_one_refused() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::File(folder.path().join("kept.sqlite"));
    let runtime = Runtime::new().unwrap();
    {
        let store = SqliteStore::open(&location, 1).unwrap();
        assert!(runtime.block_on(store.is_empty()).unwrap());
        runtime.block_on(store.load(Sample::new(Settings { programs: 10, seed: 1 }))).unwrap();
    }
    let store = SqliteStore::open(&location, 1).unwrap();
    assert!(!runtime.block_on(store.is_empty()).unwrap());
    assert_eq!(runtime.block_on(store.providers(0, 9)).unwrap().len(), 1);

    let strange = folder.path().join("strange.sqlite");
    std::fs::write(&strange, "this is no database, only a text of some length").unwrap();
    assert!(SqliteStore::open(&Location::File(strange), 1).is_err());
}
