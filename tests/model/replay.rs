//! A world that failed, made as small as it still fails, in lines to be read.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::dice::Dice;
use crate::op::{Op, operations};
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
            }),
            Ok(Err(fault)) => Err((done, fault)),
            Err(panic) => Err((done, format!("a panic: {}", message(&*panic)))),
        }
    }

    /// Takes operations out until none can be missed.
    pub(crate) fn shrink(&self) -> String {
        let mut ops = self.ops.clone();
        let Err((last, mut fault)) = self.run_only(&ops) else {
            return format!("seed {} does not fail", self.seed);
        };
        ops.truncate(last + 1);
        let mut size = ops.len().div_ceil(2);
        loop {
            let mut start = 0;
            let mut smaller = false;
            while start < ops.len() {
                let mut fewer = ops.clone();
                fewer.drain(start..(start + size).min(ops.len()));
                match self.run_only(&fewer) {
                    Err((last, other)) => {
                        fewer.truncate(last + 1);
                        (ops, fault, smaller) = (fewer, other, true);
                    }
                    Ok(_) => start += size,
                }
            }
            if size == 1 && !smaller {
                break;
            }
            size = if smaller { size } else { size.div_ceil(2) };
        }
        self.lines(&ops, &fault)
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

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let owned = panic.downcast_ref::<String>().cloned();
    owned
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}
