//! A crowd of friends of one who does not read: more than the kernel holds for her.

use std::collections::HashMap;

use nearcast::config::Config;
use serde_json::{Value, json};
use tokio::net::TcpSocket;

use super::town::Town;
use super::wire::Wire;
use crate::server::tls::secure;

pub(super) const FRIENDS: usize = 20;
/// Each a move of every friend and a sweep: some 150 KiB for who reads.
pub(super) const ROUNDS: usize = 60;
/// What the sleeper's kernel holds for her; it takes twice as much.
const HELD: u32 = 4096;

pub(super) struct Crowd {
    friends: Vec<Wire>,
    /// Reads everything.
    observer: Wire,
    pub(super) sleeper: Wire,
    /// Where the sleeper was told that people are.
    told: HashMap<String, f64>,
}

/// One hub, so that a sweep is everybody's, and no limit on moves.
pub(super) fn without_haste(config: &mut Config) {
    config.server.workers = 1;
    config.limits.moves_per_s = 1_000.0;
    config.limits.moves_burst = 100_000;
    config.limits.messages_burst = 100_000;
    config.limits.bytes_per_s = 100_000_000;
}

fn name(friend: usize) -> String {
    format!("friend-with-a-name-as-long-as-a-uuid-{friend}")
}

/// Every round farther north, by more than `move_min_m`.
fn lat(round: usize) -> f64 {
    37.5 + round as f64 * 0.0002
}

fn step(id: Option<u32>, round: usize) -> Value {
    let to = json!({"lat": lat(round), "lon": 127});
    match id {
        Some(id) => json!({"id": id, "move": to}),
        None => json!({"move": to}),
    }
}

async fn arrive(town: &Town, wire: &mut Wire, user: &str) {
    let position = json!({"lat": lat(0), "lon": 127});
    wire.say(&json!({"hello": {"token": town.token(user), "position": position}}))
        .await;
    assert_eq!(wire.hears().await["welcome"]["user"], user);
    assert!(wire.hears().await["nearby"].is_object());
}

impl Crowd {
    pub(super) async fn gather(town: &Town) -> Self {
        let mut friends = Vec::new();
        town.befriend("sleeper", "observer").await;
        for friend in 0..FRIENDS {
            for viewer in ["sleeper", "observer"] {
                town.befriend(&name(friend), viewer).await;
            }
            let mut wire = town.wire().await;
            arrive(town, &mut wire, &name(friend)).await;
            friends.push(wire);
        }
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(HELD).unwrap();
        let tcp = socket.connect(town.running().address).await.unwrap();
        let stream = secure(tcp, town.certificate()).await.unwrap();
        let mut sleeper = Wire::upgrade(Box::new(stream), "").await.unwrap();
        arrive(town, &mut sleeper, "sleeper").await;
        let mut observer = town.wire().await;
        arrive(town, &mut observer, "observer").await;
        Self {
            friends,
            observer,
            sleeper,
            told: HashMap::new(),
        }
    }

    /// Everybody walks for all rounds; the observer hears it, the sleeper does not read.
    pub(super) async fn walk_unread(&mut self) {
        for round in 1..=ROUNDS {
            self.sleeper.say(&step(None, round)).await;
            for friend in &mut self.friends {
                friend.say(&step(Some(1), round)).await;
            }
            for friend in &mut self.friends {
                until_ok(friend).await;
            }
            let mut seen = HashMap::new();
            while !all_at(&seen, FRIENDS + 1, round) {
                note(&mut seen, &self.observer.hears().await);
            }
        }
    }

    /// Notes what the sleeper was told: whether that is the present.
    pub(super) fn note(&mut self, message: &Value) -> bool {
        note(&mut self.told, message);
        all_at(&self.told, FRIENDS, ROUNDS)
    }
}

async fn until_ok(wire: &mut Wire) {
    while wire.hears().await["ok"].is_null() {}
}

fn note(seen: &mut HashMap<String, f64>, message: &Value) {
    let lists = ["entered", "moved"].into_iter();
    let people = lists.filter_map(|list| message["changes"][list].as_array());
    for person in people.flatten() {
        let user = person["user"].as_str().unwrap().to_owned();
        seen.insert(user, person["lat"].as_f64().unwrap());
    }
}

fn all_at(seen: &HashMap<String, f64>, people: usize, round: usize) -> bool {
    let there = seen.values().filter(|at| (**at - lat(round)).abs() < 1e-6);
    there.count() == people
}
