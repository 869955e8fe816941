//! A world that failed, made as small as it still fails, in lines to be read.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::chance::operations;
use crate::dice::Dice;
use crate::op::Op;
use crate::setup::Setup;
use crate::town::Town;

/// A world to run, and what is to happen in it.
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) setup: Setup,
    pub(crate) ops: Vec<Op>,
}

/// What a run came to.
#[derive(Default)]
pub(crate) struct Count {
    pub(crate) ops: u64,
    pub(crate) frames: u64,
    /// Of positions in one cell.
    pub(crate) pairs: u64,
}

impl Count {
    pub(crate) fn add(&mut self, more: &Self) {
        self.ops += more.ops;
        self.frames += more.frames;
        self.pairs += more.pairs;
    }
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let setup = Setup::new(&mut dice);
        let ops = operations(&mut dice, &setup);
        Self { seed, setup, ops }
    }

    pub(crate) fn run(&self) -> Result<Count, String> {
        self.run_only(&self.ops).map_err(|(_, fault)| fault)
    }

    /// On failure: which operation, and what was wrong.
    fn run_only(&self, ops: &[Op]) -> Result<Count, (usize, String)> {
        let mut done = 0;
        let run = catch_unwind(AssertUnwindSafe(|| {
            let mut town = Town::new(&self.setup);
            for op in ops {
                town.apply(op)?;
                done += 1;
            }
            Ok(town.frames)
        }));
        match run {
            Ok(Ok(frames)) => Ok(Count {
                ops: done as u64,
                frames,
                pairs: 0,
            }),
            Ok(Err(fault)) => Err((done, fault)),
            Err(panic) => Err((done, format!("a panic: {}", message(&*panic)))),
        }
    }

    /// The failure and what is needed of the world to see it, in lines to be read.
    pub(crate) fn shrink(&self) -> String {
        match smallest(&self.ops, |ops| self.run_only(ops).err()) {
            Some((ops, fault)) => self.lines(&ops, &fault),
            None => format!("seed {} does not fail", self.seed),
        }
    }

    fn lines(&self, ops: &[Op], fault: &str) -> String {
        let Setup {
            config,
            workers,
            users,
            lies,
            start,
            ..
        } = &self.setup;
        let mut text = format!(
            "{fault}\n\nNEARCAST_SEED={}: {users} users {lies}, {workers} workers, from {start}\n{:?}\n{:?}\n",
            self.seed,
            (
                config.users,
                config.marks,
                config.collected,
                config.friends,
                config.sessions_per_user,
                config.ttl_ms,
                config.resume_window_ms
            ),
            config.strangers,
        );
        for op in ops {
            text.push_str(&format!("  {op:?}\n"));
        }
        text
    }
}

/// Takes entries out of a list that fails, until none can be missed. `fails` says at which entry
/// and why.
pub(crate) fn smallest<T: Clone>(
    list: &[T],
    fails: impl Fn(&[T]) -> Option<(usize, String)>,
) -> Option<(Vec<T>, String)> {
    let mut list = list.to_vec();
    let (last, mut fault) = fails(&list)?;
    list.truncate(last + 1);
    let mut size = list.len().div_ceil(2);
    loop {
        let mut start = 0;
        let mut smaller = false;
        while start < list.len() {
            let mut fewer = list.clone();
            fewer.drain(start..(start + size).min(list.len()));
            match fails(&fewer) {
                Some((last, other)) => {
                    fewer.truncate(last + 1);
                    (list, fault, smaller) = (fewer, other, true);
                }
                None => start += size,
            }
        }
        if size == 1 && !smaller {
            return Some((list, fault));
        }
        size = if smaller { size } else { size.div_ceil(2) };
    }
}

pub(crate) fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let owned = panic.downcast_ref::<String>().cloned();
    owned
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}
