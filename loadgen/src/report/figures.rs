//! The figures that every second of a run has, for comparison.

use super::Point;
use super::numbers::{bytes, cores, ms, per_s};

/// A figure that every second has.
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) shown: fn(f64) -> String,
    pub(super) better: Better,
    pub(super) value: fn(&Point) -> Option<f64>,
}

#[derive(Clone, Copy)]
pub(super) enum Better {
    Lower,
    Higher,
}

pub(super) const FIGURES: [Figure; 12] = [
    Figure {
        name: "p50",
        shown: ms,
        better: Better::Lower,
        value: |one| Some(one.latency?.p50_ms),
    },
    Figure {
        name: "p90",
        shown: ms,
        better: Better::Lower,
        value: |one| Some(one.latency?.p90_ms),
    },
    Figure {
        name: "p99",
        shown: ms,
        better: Better::Lower,
        value: |one| Some(one.latency?.p99_ms),
    },
    Figure {
        name: "p99.9",
        shown: ms,
        better: Better::Lower,
        value: |one| Some(one.latency?.p999_ms),
    },
    Figure {
        name: "slowest",
        shown: ms,
        better: Better::Lower,
        value: |one| Some(one.latency?.max_ms),
    },
    Figure {
        name: "connected within, p99",
        shown: ms,
        better: Better::Lower,
        value: |one| Some(one.connecting?.p99_ms),
    },
    Figure {
        name: "moves",
        shown: per_s,
        better: Better::Higher,
        value: |one| Some(one.moves as f64),
    },
    Figure {
        name: "deliveries",
        shown: per_s,
        better: Better::Higher,
        value: |one| Some(one.deliveries as f64),
    },
    Figure {
        name: "deliveries per core",
        shown: per_s,
        better: Better::Higher,
        value: Point::deliveries_per_core_s,
    },
    Figure {
        name: "server busy",
        shown: cores,
        better: Better::Lower,
        value: |one| Some(one.server?.busy_cores),
    },
    Figure {
        name: "server memory",
        shown: bytes,
        better: Better::Lower,
        value: |one| Some(one.server?.memory as f64),
    },
    Figure {
        name: "lateness of the tool, p99",
        shown: ms,
        better: Better::Lower,
        value: |one| one.late_p99_ms,
    },
];
