//! A made-up run for tests: a steady server with a slow second in the middle.

use std::time::Duration;

use super::{Occasion, Run};
use crate::slo::Slo;
use crate::tally::{Fault, Faults, Second, Tally, Usage};

/// The second that is slow.
pub(crate) const SLOW_S: u32 = 12;

/// With a few faults, judged without objectives.
pub(crate) fn run(seconds: u32) -> Run {
    let mut tally = tally(seconds);
    let mut found = Second::new(SLOW_S.min(seconds - 1));
    for number in 0..4 {
        found.faults.add(Fault::Missing, || {
            format!("p{number} <did> not see \"p9\" & friends after 3 s")
        });
    }
    let late = || "p1 saw p2 after 9 s".to_owned();
    found.faults.add(Fault::Late, late);
    tally.add(&found);
    Run::new(occasion(seconds), &tally).judged(&Slo::default(), None)
}

/// Without faults, and not judged.
pub(crate) fn clean(seconds: u32) -> Run {
    Run::new(occasion(seconds), &tally(seconds))
}

fn occasion(seconds: u32) -> Occasion {
    let parameters = [
        ("people", "2000"),
        ("seed", "1"),
        ("slo", "<none> & \"all\""),
    ];
    Occasion {
        title: "A city at noon".to_owned(),
        scenario: "city".to_owned(),
        parameters: parameters
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        started: "2026-11-29T15:40:00Z".to_owned(),
        duration_s: seconds.into(),
        ended_early_of_s: None,
        measured_from_s: 5,
    }
}

pub(crate) fn tally(seconds: u32) -> Tally {
    let mut tally = Tally::new(2_000, None);
    for at_s in 0..seconds {
        tally.add(&second(at_s));
    }
    tally
}

pub(crate) fn second(at_s: u32) -> Second {
    let ripple = u64::from(at_s * 7 % 5);
    let connected = 2_000.min(400 * (at_s + 1));
    let deliveries = u64::from(connected) / 2 + 10 * ripple;
    let mut second = Second {
        connected,
        moves: deliveries / 8,
        deliveries,
        frames: deliveries / 2,
        bytes: deliveries * 90,
        checked: deliveries,
        faults: Faults::default(),
        server: Some(Usage {
            cpu_s: 0.2 + 0.01 * ripple as f64,
            memory: 50_000_000 + 100_000 * u64::from(at_s),
            cores: 2,
        }),
        ..Second::new(at_s)
    };
    // Everybody who came in this second.
    for number in 0..connected - 2_000.min(400 * at_s) {
        let micros = 2_000 + 10 * u64::from(number);
        second.connecting.record(Duration::from_micros(micros));
    }
    let slower = if at_s == SLOW_S { 40 } else { 1 };
    for number in 0..deliveries {
        let tail = 1 + 60 / (deliveries - number);
        let micros = (900 + 3 * number + 40 * ripple) * tail * slower;
        second.latency.record(Duration::from_micros(micros));
        second
            .lateness
            .record(Duration::from_micros(40 + number % 90));
    }
    second
}
