//! The floor of a fan-out: one `send()` per delivery, nothing read.

use std::io::{self, Read as _};

use super::house::House;

pub(super) fn run(house: House) -> io::Result<()> {
    let crowd = house.fill()?;
    let frame = house.frame();
    let mut input = io::stdin().lock();
    let mut credit = [0; 4096];
    let mut turn = 0;
    loop {
        let rounds = input.read(&mut credit)?;
        if rounds == 0 {
            return Ok(());
        }
        for _ in 0..rounds {
            let group = turn % crowd.groups.len();
            let members = &crowd.groups[group];
            let mover = members[turn / crowd.groups.len() % members.len()];
            crowd.tell(group, mover, &frame)?;
            turn += 1;
        }
    }
}
