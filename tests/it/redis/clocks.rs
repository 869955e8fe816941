//! A Redis whose clock is minutes away from ours.

use nearcast::accounts::Asker;
use nearcast::broker::{About, Move};
use nearcast::clock::Clock;
use nearcast::wire::UserId;
use nearcast_grid::Position;

use super::house::House;
use super::store::Redis;
use crate::server::fresh_dir;

const TTL_MS: f64 = 600_000.0;
const MINUTES_MS: i64 = 7 * 60_000;

fn clock_off_by(ms: i64) -> Clock {
    Clock::at(Clock::start().now_ms().saturating_add_signed(ms))
}

#[tokio::test]
async fn what_is_left_of_her_time_is_the_same_by_every_clock() {
    for off_ms in [MINUTES_MS, -MINUTES_MS] {
        let (redis, data) = (Redis::start(), fresh_dir());
        std::fs::create_dir_all(&data).unwrap();
        let house = House::open(&data, &redis.url(), clock_off_by(off_ms)).await;
        let ann = UserId::new("ann").unwrap();
        let backend = Asker::Maker(house.accounts.moment());
        house
            .accounts
            .put_user(&ann, &Default::default(), backend)
            .await
            .unwrap();
        let said = Move {
            position: Position::new(1.0, 2.0).unwrap(),
            about: About::new(None, None, None),
            at: None,
        };
        house.accounts.moved(&ann, None, &said).await.unwrap();
        house.has_kept().await;
        let left_ms = || {
            let exp = format!("nearcast:main:{{g{}}}:exp", redis.group_with("ann"));
            let over: f64 = redis.ask("ZSCORE", &[exp.as_str(), "ann"]);
            let (s, us): (u64, u64) = redis.ask("TIME", &[] as &[&str]);
            over - (s * 1000 + us / 1000) as f64
        };
        let left = left_ms();
        assert!(
            (TTL_MS - 5_000.0..=TTL_MS + 50.0).contains(&left),
            "{left} ms"
        );
        house.stop.send_replace(true);
        house.running.await.unwrap();
        let house = House::open(&data, &redis.url(), clock_off_by(off_ms)).await;
        assert!(house.shown().contains_key("ann"), "{off_ms}");
        // Written again, it is the same moment.
        house.accounts.tell_everybody_again();
        house.has_kept().await;
        let later = left_ms();
        assert!(
            later <= left && left - later < 10_000.0,
            "{left}, then {later} ms"
        );
        house.running.abort();
        let _ = std::fs::remove_dir_all(&data);
    }
}
