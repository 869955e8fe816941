//! Waves, reports and devices.

use super::{Town, id};
use crate::store::{DEVICES, Device, Store, Wave};

async fn wave(store: &dyn Store, by: &str, whom: &str, now: u64, since: u64) -> bool {
    let wave = Wave {
        at: now,
        since,
        may_meet: true,
    };
    store.wave(&id(by), &id(whom), wave).await.unwrap()
}

pub(crate) async fn two_who_have_waved_meet(store: &dyn Store) {
    Town::new(store).all_arrive(&["ann", "bob"]).await;
    assert!(!wave(store, "ann", "bob", 100, 50).await);
    assert!(!wave(store, "ann", "bob", 110, 50).await);
    assert!(!wave(store, "carl", "ann", 110, 50).await);
    assert!(wave(store, "bob", "ann", 120, 50).await);
    assert!(!wave(store, "dora", "dora", 120, 50).await);
}

pub(crate) async fn an_old_wave_does_not_count(store: &dyn Store) {
    Town::new(store).all_arrive(&["ann", "bob"]).await;
    wave(store, "ann", "bob", 100, 50).await;
    assert!(wave(store, "bob", "ann", 140, 100).await);
    assert!(!wave(store, "bob", "ann", 150, 101).await);
}

pub(crate) async fn a_wave_waits_for_those_who_may_not_meet(store: &dyn Store) {
    Town::new(store).all_arrive(&["ann", "bob"]).await;
    wave(store, "ann", "bob", 100, 50).await;
    let apart = Wave {
        at: 110,
        since: 50,
        may_meet: false,
    };
    assert!(!store.wave(&id("bob"), &id("ann"), apart).await.unwrap());
    assert!(wave(store, "ann", "bob", 120, 50).await);
}

pub(crate) async fn a_wave_does_not_outlive_a_block(store: &dyn Store) {
    let town = Town::new(store);
    town.all_arrive(&["ann", "bob"]).await;
    wave(store, "ann", "bob", 100, 50).await;
    let block = town.block_alias("bob", "ann").await;
    assert!(!wave(store, "bob", "ann", 120, 50).await);
    town.unblock("bob", &block).await;
    assert!(!wave(store, "bob", "ann", 130, 50).await);
    town.block("ann", "bob").await;
    wave(store, "ann", "bob", 140, 50).await;
    assert!(!wave(store, "bob", "ann", 150, 50).await);
}

pub(crate) async fn reports_come_oldest_first_with_growing_ids(store: &dyn Store) {
    let town = Town::new(store);
    let mut ids = Vec::new();
    for (by, user) in [("ann", "bob"), ("bob", "ann"), ("ann", "bob")] {
        ids.push(town.report(by, user).await);
    }
    assert!(ids.is_sorted_by(|one, next| one < next));
    let reports = town.reports().await;
    assert_eq!(reports.iter().map(|one| one.id).collect::<Vec<_>>(), ids);
    assert_eq!(reports[1].by, Some(id("bob")));
    assert_eq!(reports[1].user, Some(id("ann")));
    assert_eq!(reports[1].reason.as_deref(), Some("rude"));
    assert_eq!((reports[1].cell.as_str(), reports[1].at), ("wydm9", 1_001));
    assert_eq!(store.reports(ids[0], 1).await.unwrap(), reports[1..2]);
    assert!(store.reports(ids[2], 10).await.unwrap().is_empty());
}

fn device(id: &str) -> Device {
    Device {
        id: id.into(),
        name: "phone".into(),
        at: 9,
    }
}

pub(crate) async fn a_device_is_found_by_its_hash_until_it_is_removed(store: &dyn Store) {
    let ann = id("ann");
    assert!(
        store
            .add_device(&ann, &device("d1"), &[1; 32])
            .await
            .unwrap()
    );
    assert!(
        store
            .add_device(&ann, &device("d2"), &[2; 32])
            .await
            .unwrap()
    );
    let found = store.user_of_device(&[1; 32]).await.unwrap();
    assert_eq!(found, Some(ann));
    assert_eq!(store.user_of_device(&[3; 32]).await.unwrap(), None);
    assert!(!store.remove_device("bob", "d1").await.unwrap());
    assert!(store.remove_device("ann", "d1").await.unwrap());
    assert!(!store.remove_device("ann", "d1").await.unwrap());
    assert_eq!(store.user_of_device(&[1; 32]).await.unwrap(), None);
    assert_eq!(store.devices("ann").await.unwrap(), [device("d2")]);
}

pub(crate) async fn a_device_with_the_same_id_gets_a_new_token(store: &dyn Store) {
    let ann = id("ann");
    store
        .add_device(&ann, &device("d1"), &[1; 32])
        .await
        .unwrap();
    store
        .add_device(&ann, &device("d1"), &[2; 32])
        .await
        .unwrap();
    assert_eq!(store.user_of_device(&[1; 32]).await.unwrap(), None);
    assert_eq!(store.user_of_device(&[2; 32]).await.unwrap(), Some(ann));
    assert_eq!(store.devices("ann").await.unwrap().len(), 1);
}

pub(crate) async fn a_user_has_no_more_devices_than_allowed(store: &dyn Store) {
    let ann = id("ann");
    for number in 0..DEVICES {
        let (device, hash) = (device(&format!("d{number}")), [number as u8; 32]);
        assert!(store.add_device(&ann, &device, &hash).await.unwrap());
    }
    assert!(
        !store
            .add_device(&ann, &device("more"), &[77; 32])
            .await
            .unwrap()
    );
    assert!(
        store
            .add_device(&ann, &device("d0"), &[78; 32])
            .await
            .unwrap()
    );
    assert_eq!(store.devices("ann").await.unwrap().len(), DEVICES);
    assert_eq!(store.user_of_device(&[77; 32]).await.unwrap(), None);
}
