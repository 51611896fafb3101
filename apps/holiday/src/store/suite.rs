//! One suite for every store: the same data in each, and each against a brute-force scan. Stores that pass give the same answers.

use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::{
    Database, Mode, NewAccount, Session, Store, StoreError, Subscription, SubscriptionStatus, Vicinity,
    postgres::Throwaway,
};
use crate::{
    catalogue::{Ages, Program, Status},
    place::{Point, find_postcode},
    sample::{Sample, Settings},
};

/// One server for all tests of this binary; it goes when the process does.
pub(super) fn server() -> &'static Throwaway {
    static SERVER: OnceLock<Throwaway> = OnceLock::new();
    SERVER.get_or_init(|| Throwaway::start().unwrap())
}

/// A new, empty database on that server, with PostGIS.
pub(super) fn new_database(runtime: &Runtime) -> Database {
    static NAMES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let name = format!("test{}", NAMES.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let address = server().address();
    runtime.block_on(async {
        let client = address.connect().await.unwrap();
        // The plain template has no connections that could be in the way.
        client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
    });
    Database::Postgres(address.with_database(&name))
}

/// A store with the sample in it, and the runtime that its connections live on.
struct Loaded {
    name: &'static str,
    runtime: Runtime,
    store: Arc<dyn Store>,
}

impl Loaded {
    fn wait<T>(&self, answer: impl Future<Output = Result<T, StoreError>>) -> T {
        self.runtime.block_on(answer).unwrap_or_else(|error| panic!("{}: {error:?}", self.name))
    }
}

fn sample() -> Sample {
    Sample::new(Settings { programs: 3_000, ..Settings::default() })
}

fn programs() -> &'static [Program] {
    static PROGRAMS: OnceLock<Vec<Program>> = OnceLock::new();
    PROGRAMS.get_or_init(|| sample().programs().collect())
}

fn accounts() -> Vec<NewAccount> {
    ["one@example.com", "two@example.com"]
        .map(|email| NewAccount { email: email.to_owned(), password_hash: "hash".to_owned() })
        .into()
}

fn open_loaded() -> [Loaded; 2] {
    ["sqlite", "postgres"].map(|name| {
        let runtime = Runtime::new().unwrap();
        let database = if name == "sqlite" { Database::default() } else { new_database(&runtime) };
        let store = runtime.block_on(database.open(Some(2), 2)).unwrap();
        let loaded = Loaded { name, runtime, store };
        assert!(loaded.wait(loaded.store.is_empty()), "{name}");
        loaded.wait(loaded.store.load(sample()));
        assert!(!loaded.wait(loaded.store.is_empty()), "{name}");
        loaded.wait(loaded.store.put_accounts(accounts()));
        loaded
    })
}

/// Loaded stores for all the reading tests.
fn stores() -> &'static [Loaded; 2] {
    static STORES: OnceLock<[Loaded; 2]> = OnceLock::new();
    STORES.get_or_init(open_loaded)
}

/// What the search must find: (number, distance) by scanning everything.
fn scan(vicinity: &Vicinity) -> Vec<(i64, f64)> {
    let mut found: Vec<_> = programs()
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
        let vicinity =
            Vicinity { centre: Point { latitude, longitude }, radius_km, ages, skip, limit };
        let expected = scan(&vicinity);
        for loaded in stores() {
            let found = loaded.wait(loaded.store.nearest(vicinity));
            let found: Vec<_> =
                found.iter().map(|listed| (listed.program.id, listed.distance_km.unwrap())).collect();
            prop_assert_eq!(&found, &expected, "{}", loaded.name);
        }
    }
}

#[test]
fn every_age_group_of_the_load_test_has_the_same_results() {
    let [sqlite, postgres] = stores();
    for code in ["2000", "2001", "2010", "2020", "2030"] {
        for ages in ["0-2", "3-4", "5-7", "8-12", "13-17"] {
            let vicinity = Vicinity {
                centre: find_postcode(code).unwrap().centre,
                radius_km: 10.0,
                ages: Some(ages.parse().unwrap()),
                skip: 0,
                limit: 50,
            };
            let found = sqlite.wait(sqlite.store.nearest(vicinity));
            assert_eq!(found.len(), 50, "{code} {ages}");
            assert_eq!(found, postgres.wait(postgres.store.nearest(vicinity)), "{code} {ages}");
        }
    }
}

#[test]
fn what_was_generated_is_what_is_read() {
    let providers: Vec<_> = sample().providers().collect();
    for loaded in stores() {
        for program in programs().iter().take(100) {
            let read = loaded.wait(loaded.store.program(program.id));
            if program.status == Status::Active {
                let (read, provider) = read.unwrap();
                assert_eq!(&read, program, "{}", loaded.name);
                assert_eq!(provider, providers[program.provider as usize - 1], "{}", loaded.name);
            } else {
                assert_eq!(read, None, "{}", loaded.name);
            }
        }
        assert_eq!(loaded.wait(loaded.store.program(i64::MAX)), None, "{}", loaded.name);
    }
}

#[test]
fn pages_hold_every_active_programme_once() {
    for loaded in stores() {
        let (mut after, mut seen) = (0, Vec::new());
        loop {
            let page = loaded.wait(loaded.store.programs(after, 97));
            let Some(last) = page.last() else { break };
            after = last.program.id;
            seen.extend(page.iter().map(|listed| listed.program.id));
        }
        let active = programs().iter().filter(|program| program.status == Status::Active);
        assert!(active.map(|program| program.id).eq(seen), "{}", loaded.name);
        let providers = loaded.wait(loaded.store.providers(290, 100));
        assert!(providers.iter().map(|provider| provider.id).eq(291..=300), "{}", loaded.name);
    }
}

#[test]
fn sessions_open_and_expire() {
    for Loaded { name, runtime, store } in open_loaded() {
        let session = |byte: u8, expires_at| Session { token_hash: [byte; 32], account: 2, expires_at };
        runtime.block_on(async {
            store.open_session(session(1, 100), 0).await.unwrap();
            assert_eq!(store.session_account([1; 32], 99).await.unwrap(), Some(2), "{name}");
            assert_eq!(store.session_account([1; 32], 100).await.unwrap(), None, "{name}");
            assert_eq!(store.session_account([2; 32], 0).await.unwrap(), None, "{name}");
            store.open_session(session(2, 900), 100).await.unwrap();
            assert_eq!(store.session_account([1; 32], 50).await.unwrap(), None, "{name}: forgotten");
            assert_eq!(store.session_account([2; 32], 800).await.unwrap(), Some(2), "{name}");
            let open = store.session([2; 32], 800).await.unwrap().unwrap();
            assert_eq!(
                (open.account, open.email.as_str(), open.expires_at),
                (2, "two@example.com", 900),
                "{name}"
            );
            assert_eq!(store.session([2; 32], 900).await.unwrap(), None, "{name}");
            for _ in 0..2 {
                store.close_session([2; 32]).await.unwrap();
                assert_eq!(store.session_account([2; 32], 800).await.unwrap(), None, "{name}");
            }
        });
    }
}

/// A subscription of the first account.
pub(super) fn subscription(id: &str, price: &str) -> Subscription {
    Subscription {
        id: id.to_owned(),
        mode: Some(Mode::Test),
        account: 1,
        price: price.to_owned(),
        payment_intent: "pi_1".to_owned(),
        status: SubscriptionStatus::Incomplete,
        told_at: 1,
        created_at: 1,
    }
}

#[test]
fn at_most_one_subscription_of_a_price_is_alive() {
    for Loaded { name, runtime, store } in open_loaded() {
        runtime.block_on(async {
            for (id, price) in
                [("sub_1", "price_a"), ("sub_2", "price_a"), ("sub_2", "price_a"), ("sub_3", "price_b")]
            {
                store.add_subscription(subscription(id, price)).await.unwrap();
            }
            assert_eq!(store.live_subscriptions(1).await.unwrap(), 2, "{name}");
            assert_eq!(store.live_subscriptions(2).await.unwrap(), 0, "{name}");
            let all = (0..20)
                .map(|number| store.add_subscription(subscription(&format!("sub_c{number}"), "price_c")));
            // On a machine that is busy with something else, some may wait for a connection in vain: the first does not.
            let ended = futures_util::future::join_all(all).await;
            assert!(ended.iter().any(Result::is_ok), "{name}: {ended:?}");
            let well = |one: &Result<_, _>| matches!(one, Ok(()) | Err(StoreError::Busy));
            assert!(ended.iter().all(well), "{name}: {ended:?}");
            assert_eq!(store.live_subscriptions(1).await.unwrap(), 3, "{name}: at once");
        });
    }
}

#[test]
fn late_news_change_nothing_and_an_event_counts_once() {
    use SubscriptionStatus::{Active, Canceled, Incomplete, IncompleteExpired, PastDue, Unpaid};
    for Loaded { runtime, store, .. } in open_loaded() {
        let told =
            |id: &str, status, told_at| Subscription { status, told_at, ..self::subscription(id, "price_a") };
        let statuses = async || {
            let all = store.subscriptions_of(1, Mode::Test, "price_a".to_owned()).await.unwrap();
            all.into_iter().map(|one| (one.id, one.status)).collect::<Vec<_>>()
        };
        runtime.block_on(async {
            let event = async |name: &str, id: &str, status, told_at| {
                store.apply_event(name.to_owned(), told(id, status, told_at), 10).await.unwrap()
            };
            assert!(event("evt_1", "sub_1", Active, 5).await);
            assert!(event("evt_2", "sub_1", Incomplete, 4).await, "late news");
            store.add_subscription(told("sub_1", Incomplete, 4)).await.unwrap();
            assert_eq!(statuses().await, [("sub_1".to_owned(), Active)]);
            assert!(!event("evt_1", "sub_9", Active, 5).await, "seen before");
            store.add_subscription(told("sub_2", Incomplete, 6)).await.unwrap();
            let both = |first, second| [("sub_1".to_owned(), first), ("sub_2".to_owned(), second)];
            assert_eq!(statuses().await, both(Active, IncompleteExpired));
            // Unpaid is not the end: it still is the one subscription, and comes back.
            for (name, status, told_at, becomes) in [
                ("evt_a", PastDue, 10, PastDue),
                ("evt_b", Unpaid, 20, Unpaid),
                ("evt_c", PastDue, 15, Unpaid),
                ("evt_d", Active, 30, Active),
                ("evt_e", Unpaid, 25, Active),
            ] {
                assert!(event(name, "sub_1", status, told_at).await);
                assert_eq!(statuses().await, both(becomes, IncompleteExpired), "{name}");
                assert_eq!(store.live_subscriptions(1).await.unwrap(), 1, "{name}");
            }
            assert!(event("evt_3", "sub_1", Canceled, 5).await, "an end, whenever it is heard of");
            assert!(event("evt_4", "sub_2", Active, 7).await, "payment beats expiry");
            assert!(event("evt_5", "sub_1", Active, 99).await);
            assert_eq!(statuses().await, both(Canceled, Active));
            assert_eq!(store.live_subscriptions(1).await.unwrap(), 1);
            let page = store.subscriptions("sub_1".to_owned(), 9).await.unwrap();
            assert_eq!(page, [told("sub_2", Active, 7)]);
            let much_later = 10 + crate::store::EVENT_KEPT_SECONDS;
            let again = store.apply_event("evt_1".to_owned(), told("sub_2", Active, 7), much_later);
            assert!(again.await.unwrap());
        });
    }
}

#[test]
fn live_and_test_never_touch() {
    use SubscriptionStatus::{Active, Incomplete};
    for Loaded { name, runtime, store } in open_loaded() {
        let of = |mode, id: &str, status| Subscription {
            mode: Some(mode),
            status,
            ..self::subscription(id, "price_a")
        };
        runtime.block_on(async {
            let (live, test) = (of(Mode::Live, "sub_l", Active), of(Mode::Test, "sub_t", Incomplete));
            store.add_subscription(live.clone()).await.unwrap();
            store.add_subscription(test.clone()).await.unwrap();
            for (mode, expected) in [(Mode::Live, &live), (Mode::Test, &test)] {
                let found = store.subscriptions_of(1, mode, "price_a".to_owned()).await.unwrap();
                assert_eq!(found, std::slice::from_ref(expected), "{name}");
            }
            // Whoever says so: a row keeps its mode.
            store
                .add_subscription(Subscription { mode: Some(Mode::Test), told_at: 9, ..live.clone() })
                .await
                .unwrap();
            let found = store.subscriptions_of(1, Mode::Live, "price_a".to_owned()).await.unwrap();
            assert_eq!((found.len(), found[0].mode), (1, Some(Mode::Live)), "{name}");

            store.set_customer(1, Mode::Live, "cus_l".to_owned()).await.unwrap();
            store.set_customer(1, Mode::Test, "cus_t".to_owned()).await.unwrap();
            assert!(store.forget_customer(1, Mode::Test, "cus_t".to_owned()).await.unwrap(), "{name}");
            let customer = async |mode| store.payer(1, mode).await.unwrap().unwrap().customer;
            assert_eq!(customer(Mode::Live).await.as_deref(), Some("cus_l"), "{name}");
            assert_eq!(customer(Mode::Test).await, None, "{name}");
        });
    }
}

#[test]
fn payers_have_customers_and_keys_have_rounds() {
    for Loaded { runtime, store, .. } in open_loaded() {
        runtime.block_on(async {
            let customer = async || store.payer(1, Mode::Live).await.unwrap().unwrap().customer;
            assert_eq!(customer().await, None);
            for id in ["cus_1", "cus_2"] {
                store.set_customer(1, Mode::Live, id.to_owned()).await.unwrap();
                assert_eq!(customer().await.as_deref(), Some(id));
            }
            assert!(!store.forget_customer(1, Mode::Live, "cus_1".to_owned()).await.unwrap(), "another one");
            assert!(store.forget_customer(1, Mode::Live, "cus_2".to_owned()).await.unwrap());
            assert_eq!(customer().await, None);
            assert_eq!(store.payer(99, Mode::Live).await.unwrap(), None);

            let round = async |key: &str| store.round(key.to_owned()).await.unwrap();
            assert_eq!(round("k").await, 0);
            for (after, becomes) in [(0, 1), (0, 1), (1, 2), (0, 2)] {
                store.next_round("k".to_owned(), after).await.unwrap();
                assert_eq!(round("k").await, becomes);
            }
            assert_eq!(round("other").await, 0);
        });
    }
}

#[test]
fn accounts_are_found_by_their_address() {
    for loaded in stores() {
        let account = |email: &str| loaded.wait(loaded.store.account(email.to_owned()));
        let found = account("two@example.com").unwrap();
        assert_eq!((found.id, found.password_hash.as_str()), (2, "hash"), "{}", loaded.name);
        loaded.wait(loaded.store.put_accounts(accounts()));
        assert_eq!(account("two@example.com").unwrap().id, 2, "{}", loaded.name);
        assert_eq!(account("' OR 1=1 --"), None, "{}", loaded.name);
    }
}

#[test]
fn an_idle_store_says_so() {
    for loaded in open_loaded() {
        loaded.wait(loaded.store.ping());
        let status = loaded.store.pool_status();
        assert_eq!((status.in_use, status.waiting), (0, 0), "{}", loaded.name);
        assert!(status.idle >= 1 && status.limit >= 2, "{}: {status:?}", loaded.name);
    }
}
