//! What is found in messages that are made up, at times that are.

use nearcast::wire::server::{
    Changes, ExitBuf, FriendBuf, Nearby, PersonBuf, StrangerBuf, Welcome, WhoBuf,
};
use nearcast::wire::{Event, Mode, Modes, Seen, UserId, Why};

use super::*;
use crate::scenario::{Graph, Scenario};
use crate::tally::Fault;
use crate::town::Act;

mod again;

const SECOND: u64 = 1_000_000;
const BEGAN_MS: u64 = 1_795_000_000_000;

fn rules() -> Rules {
    Rules {
        freshness_us: 3 * SECOND,
        ttl_us: 60 * SECOND,
        move_min_m: 10.0,
        privacy: Grid::geohash(6).unwrap(),
        epoch_us: 15 * SECOND,
        one_of: 1,
    }
}

/// Three friends of each other, each 100 m from the next, who spoke at the first second. The
/// viewer said hello at 10 s and is told at once.
struct Scene {
    world: World,
    eye: Eye,
    judge: Judge,
    seq: u64,
}

impl Scene {
    fn new(change: impl FnOnce(&mut Scenario)) -> Self {
        let mut scenario = Scenario {
            people: 3,
            ..Scenario::default()
        };
        (scenario.friends.kind, scenario.friends.mean) = (Graph::Fixed, 2);
        change(&mut scenario);
        let world = World::new(Town::new(&scenario, 1, 0..1), rules());
        let eye = Eye::new(0, &world);
        let mut scene = Self {
            world,
            eye,
            judge: Judge::default(),
            seq: 0,
        };
        for person in 0..3 {
            scene.says(person, SECOND);
        }
        scene.eye.waits(10 * SECOND);
        let welcome = scene.welcome();
        scene.hears(Event::Welcome(welcome), 10 * SECOND);
        scene
    }

    fn place(person: usize) -> Position {
        Position::new(37.5665 + 0.0009 * person as f64, 126.978).unwrap()
    }

    fn says(&mut self, person: usize, now_us: u64) {
        let place = Self::place(person);
        self.world.says(person, place, now_us, now_us);
    }

    fn welcome(&self) -> Welcome {
        Welcome {
            user: self.user(0),
            session: "s".to_owned(),
            resume: "r".to_owned(),
            resumed: false,
            server_time: BEGAN_MS + 10_000,
            ping_every_s: 25,
            move_every_s: 30,
            move_min_m: 10.0,
            radius_m: 8047.0,
            margin_m: 100.0,
            modes: Modes {
                friends: true,
                strangers: self.world.town.people()[0].consents,
            },
            sharing: Sharing::Exact,
            sharing_until: None,
            cells: Vec::new(),
            reach_m: None,
            node: "n".to_owned(),
        }
    }

    fn user(&self, person: usize) -> UserId {
        UserId::new(&self.world.town.people()[person].name).unwrap()
    }

    fn friend(&self, person: usize, seen_at_s: u64) -> PersonBuf {
        let position = Self::place(person);
        PersonBuf::Friend(FriendBuf {
            user: self.user(person),
            name: None,
            avatar_url: None,
            position,
            distance_m: nearcast_grid::distance_m(Self::place(0), position),
            seen_at: BEGAN_MS + 1000 * seen_at_s,
            approximate: false,
            accuracy_m: None,
            heading_deg: None,
            speed_mps: None,
        })
    }

    /// The viewer is told that somebody moved, or is where she was.
    fn moves(&mut self, person: usize, seen_at_s: u64, now_us: u64) {
        let moved = vec![self.friend(person, seen_at_s)];
        self.changes(now_us, |changes| changes.moved = moved);
    }

    fn hears(&mut self, event: Event, now_us: u64) {
        self.eye.hears(&event, now_us, &self.world, &mut self.judge);
    }

    fn lists(&mut self, people: Vec<PersonBuf>, total: u32) {
        self.seq += 1;
        let nearby = Nearby {
            seq: self.seq,
            page: false,
            mode: Mode::Friends,
            people,
            next: None,
            total,
        };
        self.hears(Event::Nearby(nearby), 10 * SECOND);
    }

    fn whole_list(&mut self) {
        let people = vec![self.friend(1, 1), self.friend(2, 1)];
        self.lists(people, 2);
    }

    fn changes(&mut self, now_us: u64, change: impl FnOnce(&mut Changes)) {
        self.seq += 1;
        let mut changes = Changes {
            seq: self.seq,
            ..Changes::default()
        };
        change(&mut changes);
        self.hears(Event::Changes(changes), now_us);
    }

    fn exits(&mut self, why: Why, now_us: u64) {
        let who = WhoBuf::User(self.user(2));
        self.changes(now_us, |changes| {
            changes.exited = vec![ExitBuf { who, why }]
        });
    }

    /// What was found, and nothing else.
    fn found(&self) -> Vec<Fault> {
        let faults = &self.judge.faults;
        let found = |fault: &Fault| faults.count(*fault) > 0;
        Fault::ALL.into_iter().filter(found).collect()
    }
}

fn scene() -> Scene {
    Scene::new(|_| {})
}

#[test]
fn a_right_list_is_right() {
    let mut scene = scene();
    scene.whole_list();
    assert_eq!(scene.found(), []);
}

#[test]
fn a_list_is_in_order_and_counts_who_is_near() {
    let mut turned = scene();
    let people = vec![turned.friend(2, 1), turned.friend(1, 1)];
    turned.lists(people, 2);
    assert_eq!(turned.found(), [Fault::Order]);

    let mut more = scene();
    let people = vec![more.friend(1, 1), more.friend(2, 1)];
    more.lists(people, 3);
    assert_eq!(more.found(), [Fault::Order]);

    let mut fewer = scene();
    let people = vec![fewer.friend(1, 1)];
    fewer.lists(people, 1);
    assert_eq!(fewer.found(), [Fault::Order]);
}

#[test]
fn who_is_heard_now_and_near_is_not_gone() {
    for why in [Why::Left, Why::Inactive, Why::Radius] {
        let mut scene = scene();
        scene.whole_list();
        scene.says(2, 12 * SECOND);
        scene.exits(why, 20 * SECOND);
        assert_eq!(scene.found(), [Fault::Why], "{why:?}");
    }
}

#[test]
fn who_is_silent_for_the_ttl_is_inactive_and_no_longer_shown() {
    let mut gone = scene();
    gone.whole_list();
    gone.says(0, 60 * SECOND);
    gone.exits(Why::Inactive, 62 * SECOND);
    assert_eq!(gone.found(), []);

    let mut kept = scene();
    kept.whole_list();
    kept.says(1, 60 * SECOND);
    let look = |scene: &mut Scene, at_s: u64| {
        scene
            .eye
            .is_looked_through(at_s * SECOND, &scene.world, &mut scene.judge);
    };
    look(&mut kept, 65);
    assert_eq!(kept.found(), []);
    look(&mut kept, 68);
    look(&mut kept, 69);
    assert_eq!(kept.found(), [Fault::Forbidden]);
    assert_eq!(kept.judge.faults.total(), 1, "it is told once");
}

#[test]
fn she_was_heard_when_she_spoke() {
    for (seen_at_s, is_right) in [(0, false), (1, true), (5, true), (8, false)] {
        let mut scene = scene();
        let people = vec![scene.friend(1, seen_at_s), scene.friend(2, 1)];
        scene.lists(people, 2);
        let expected: &[Fault] = if is_right { &[] } else { &[Fault::Seen] };
        assert_eq!(scene.found(), expected, "{seen_at_s}");
    }
}

#[test]
fn a_clock_that_is_an_hour_ahead_is_the_servers_own() {
    let mut scene = scene();
    let mut welcome = scene.welcome();
    welcome.server_time += 3_600_000;
    scene.hears(Event::Welcome(welcome), 10 * SECOND);
    let people = vec![scene.friend(1, 3601), scene.friend(2, 3601)];
    scene.lists(people, 2);
    assert_eq!(scene.found(), []);
}

fn sociable(scenario: &mut Scenario) {
    (scenario.sessions.strangers, scenario.friends.mean) = (1.0, 0);
}

fn stranger(scene: &Scene, alias: &str) -> PersonBuf {
    let cell = scene.world.rules.privacy.cell_at(Scene::place(1));
    PersonBuf::Stranger(StrangerBuf {
        alias: alias.to_owned(),
        cell: cell.text().to_string(),
        centre: cell.centre(),
        distance_m: 0.0,
        seen: Seen::Now,
        name: None,
    })
}

#[test]
fn there_are_no_more_strangers_in_a_cell_than_have_consented() {
    let mut scene = Scene::new(sociable);
    let here = [Scene::place(0), Scene::place(1), Scene::place(2)];
    let cells = here.map(|place| scene.world.rules.privacy.cell_at(place));
    let others = cells[1..].iter().filter(|cell| **cell == cells[1]).count();
    for number in 0..others {
        let entered = vec![stranger(&scene, &format!("alias-{number}"))];
        scene.changes(20 * SECOND, |changes| changes.entered = entered);
    }
    assert_eq!(scene.found(), []);
    let entered = vec![stranger(&scene, "one more")];
    scene.changes(20 * SECOND, |changes| changes.entered = entered);
    assert_eq!(scene.found(), [Fault::Forbidden]);
}

#[test]
fn no_step_is_too_short_to_count_whatever_the_minimum() {
    let scenario = Scenario {
        people: 20,
        ..Scenario::default()
    };
    for move_min_m in [0.0, 0.05, 10.0, 11.0, 40.0, 300.0] {
        let rules = Rules {
            move_min_m,
            ..rules()
        };
        let world = World::new(Town::new(&scenario, 1, 0..1), rules);
        let mut steps = 0;
        for person in 0..20 {
            let mut told = Vec::new();
            for (at, act) in world.town.course(person).take(60) {
                let (Act::Connect { at: place, .. } | Act::Move(place)) = act else {
                    continue;
                };
                let now_us = at.as_micros() as u64;
                world.says(person, place, now_us, now_us);
                told.push(place);
            }
            told.dedup();
            steps += told.len() - 1;
            let trace = world.trace(person);
            let said: Vec<Position> = trace.all().map(|said| said.position).collect();
            assert_eq!(said, told, "{move_min_m} m");
            assert!(trace.all().all(|said| !said.in_doubt), "{move_min_m} m");
        }
        assert!(steps > 20, "{steps} steps of {move_min_m} m");
    }
}

#[test]
fn who_has_not_consented_sees_no_stranger() {
    let mut scene = scene();
    let mut welcome = scene.welcome();
    welcome.modes.strangers = true;
    scene.hears(Event::Welcome(welcome), 10 * SECOND);
    assert_eq!(scene.found(), [Fault::Forbidden]);
}

#[test]
fn no_stranger_has_left_and_none_is_inactive_before_the_ttl() {
    for (why, at_s, is_right) in [
        (Why::Radius, 20, true),
        (Why::Left, 20, false),
        (Why::Inactive, 20, false),
        (Why::Inactive, 61, true),
    ] {
        let mut scene = Scene::new(sociable);
        let entered = vec![stranger(&scene, "somebody")];
        scene.changes(15 * SECOND, |changes| changes.entered = entered);
        let who = WhoBuf::Alias("somebody".to_owned());
        scene.changes(at_s * SECOND, |changes| {
            changes.exited = vec![ExitBuf { who, why }];
        });
        let expected: &[Fault] = if is_right { &[] } else { &[Fault::Why] };
        assert_eq!(scene.found(), expected, "{why:?} at {at_s} s");
    }
}

#[test]
fn a_mode_that_was_asked_for_and_may_be_had_is_granted() {
    for mode in [Mode::Friends, Mode::Strangers] {
        let mut scene = Scene::new(sociable);
        let mut welcome = scene.welcome();
        assert!(welcome.modes.strangers);
        match mode {
            Mode::Friends => welcome.modes.friends = false,
            Mode::Strangers => welcome.modes.strangers = false,
        }
        scene.hears(Event::Welcome(welcome), 10 * SECOND);
        assert_eq!(scene.found(), [Fault::Missing], "{mode:?}");
    }
}

#[test]
fn a_list_does_not_put_off_when_she_is_to_be_told_of_everything() {
    let mut scene = scene();
    scene.whole_list();
    let away = Scene::place(5);
    scene.world.says(2, away, 19 * SECOND, 19 * SECOND);
    scene.seq += 1;
    let again = Nearby {
        seq: scene.seq,
        page: false,
        mode: Mode::Friends,
        people: vec![scene.friend(1, 1), scene.friend(2, 1)],
        next: None,
        total: 2,
    };
    scene.hears(Event::Nearby(again), 20 * SECOND);
    assert_eq!(scene.found(), []);
    let now_us = 22 * SECOND + SECOND / 2;
    scene
        .eye
        .is_looked_through(now_us, &scene.world, &mut scene.judge);
    assert_eq!(scene.found(), [Fault::Missing]);
}
