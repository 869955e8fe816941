//! Two friends who walk at the same moment.

use std::sync::atomic::{AtomicUsize, Ordering};

use nearcast::broker::Move;
use nearcast_grid::Position;

use super::{
    Ended, Gate, NAMES, NOW, Watched, destination, linger, mixed, passes, place, place_e7, town,
};

#[test]
fn two_friends_who_walk_past_each_other_never_miss_each_other() {
    let ended = Ended::new();
    let gate = Gate::new(2);
    let met = AtomicUsize::new(0);
    let passes = passes();
    std::thread::scope(|scope| {
        for (mut worker, mut clients) in town(&[&[0], &[1]], &ended) {
            let (gate, met) = (&gate, &met);
            scope.spawn(move || {
                let _watched = Watched(gate);
                let (me, session, _) = clients.users[0];
                for pass in 1..=passes {
                    gate.pass();
                    linger(pass * 2 + me as u64);
                    let said = place(destination(me, pass));
                    worker.move_to(session, &said, NOW).unwrap();
                    if mixed(pass).is_multiple_of(2) {
                        // Into the other's move, too.
                        worker.sweep(NOW, &mut clients);
                    }
                    gate.pass();
                    worker.sweep(NOW, &mut clients);
                    let together = destination(0, pass) == destination(1, pass);
                    let sees = clients.users[0].2.contains_key(&(1 - me));
                    assert_eq!(sees, together, "{} in pass {pass}", NAMES[me]);
                    met.fetch_add(usize::from(sees), Ordering::Relaxed);
                }
            });
        }
    });
    assert!(met.into_inner() > 0);
}

/// Beyond the radius, within the margin, and each time neither is near where the other was.
#[test]
fn two_friends_who_walk_on_side_by_side_are_told_where_they_are() {
    let ended = Ended::new();
    let gate = Gate::new(2);
    let passes = passes();
    let beside = |user: usize, pass: u64| {
        // The first pass is within the radius: who is in the margin is not entered.
        let apart_e7 = if pass == 0 { 0 } else { 725_500 * user as i32 };
        let place = (pass % 3) as usize;
        let (lat_e7, lon_e7) = (place_e7(place) + apart_e7, 1_270_000_000);
        Position::from_e7(lat_e7, lon_e7).unwrap()
    };
    std::thread::scope(|scope| {
        for (mut worker, mut clients) in town(&[&[0], &[1]], &ended) {
            let gate = &gate;
            scope.spawn(move || {
                let _watched = Watched(gate);
                let (me, session, _) = clients.users[0];
                for pass in 0..passes {
                    gate.pass();
                    linger(pass * 2 + me as u64);
                    let said = Move {
                        position: beside(me, pass),
                        ..place(0)
                    };
                    worker.move_to(session, &said, NOW).unwrap();
                    gate.pass();
                    worker.sweep(NOW, &mut clients);
                    let shown = clients.users[0].2.get(&(1 - me));
                    let truth = beside(1 - me, pass);
                    assert_eq!(shown, Some(&truth), "{} in pass {pass}", NAMES[me]);
                }
            });
        }
    });
}
