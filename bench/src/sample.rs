//! A sample of the frames that a bench encoded, decoded afterwards: they were real.

use nearcast::wire::{Encoding, Event, decode_server};

/// One frame in this many is kept, up to a limit.
const EVERY: u64 = 10_000;
const MOST: usize = 10_000;
/// How far the people in a sample may be from what the count of deliveries says, plus what a
/// small sample misses by chance.
const TOLERANCE: f64 = 0.1;

#[derive(Default)]
pub(crate) struct Sample {
    offered: u64,
    frames: Vec<Vec<u8>>,
}

impl Sample {
    /// Keeps the first frame and one in [`EVERY`] after it.
    #[inline]
    pub(crate) fn offer(&mut self, frame: &[u8]) {
        if self.offered.is_multiple_of(EVERY) && self.frames.len() < MOST {
            self.frames.push(frame.to_vec());
        }
        self.offered += 1;
    }

    /// Takes over what another one kept.
    pub(crate) fn join(&mut self, other: &mut Self) {
        self.frames.append(&mut other.frames);
        *other = Self::default();
    }

    /// Decodes the sample and forgets it. Each frame must be `changes` that say something, and
    /// the mean number of people in one what the count of deliveries says. Answers how many
    /// frames were decoded.
    pub(crate) fn check(&mut self, encoding: Encoding, per_frame: f64) -> Result<u64, String> {
        let counts = self.counts(encoding)?;
        let count = counts.len() as f64;
        let mean = counts.iter().sum::<f64>() / count;
        let spread = counts.iter().map(|one| (one - mean).powi(2)).sum::<f64>();
        let chance = 4.0 * (spread / count / count).sqrt();
        if (mean - per_frame).abs() > TOLERANCE * per_frame + chance {
            return Err(format!(
                "check {} frames: {mean:.2} people in each on average, where the deliveries say {per_frame:.2}",
                counts.len()
            ));
        }
        Ok(counts.len() as u64)
    }

    /// Decodes the sample, forgets it and answers how many people each frame tells of.
    pub(crate) fn counts(&mut self, encoding: Encoding) -> Result<Vec<f64>, String> {
        let frames = std::mem::take(self).frames;
        if frames.is_empty() {
            return Err("check the frames: there were none".to_owned());
        }
        let people = |frame: &Vec<u8>| people(encoding, frame).map(|people| people as f64);
        frames.iter().map(people).collect()
    }
}

/// How many people a `changes` frame tells of.
fn people(encoding: Encoding, frame: &[u8]) -> Result<usize, String> {
    let failed = |why: String| format!("check a frame of {} bytes: {why}", frame.len());
    let message = decode_server(encoding, frame).map_err(|refused| failed(refused.to_string()))?;
    match message.body {
        Event::Changes(changes) => {
            let people = changes.entered.len() + changes.moved.len() + changes.exited.len();
            if people == 0 && changes.cells.is_empty() {
                return Err(failed("it tells of nothing".to_owned()));
            }
            Ok(people)
        }
        other => Err(failed(format!("it is no `changes` but {other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use nearcast::wire::{ChangesWriter, NearbyWriter, Who, Why};

    use super::*;

    fn frame(encoding: Encoding, people: usize) -> Vec<u8> {
        let mut frame = Vec::new();
        let mut changes = ChangesWriter::begin(&mut frame, encoding, 1, 1_800_000_000_000);
        for _ in 0..people {
            changes.exited(Who::User("ann"), Why::Left);
        }
        changes.finish();
        frame
    }

    fn sample(encoding: Encoding, people: &[usize]) -> Sample {
        let frames = people.iter().map(|&count| frame(encoding, count)).collect();
        Sample { offered: 1, frames }
    }

    #[test]
    fn frames_with_the_people_that_were_delivered_pass() {
        for encoding in Encoding::ALL {
            assert_eq!(sample(encoding, &[4; 50]).check(encoding, 4.2), Ok(50));
        }
    }

    #[test]
    fn frames_with_too_few_people_do_not() {
        for encoding in Encoding::ALL {
            let checked = sample(encoding, &[4; 50]).check(encoding, 5.0);
            assert!(checked.unwrap_err().contains("4.00 people"));
        }
    }

    #[test]
    fn what_is_no_changes_frame_is_a_fault() {
        let mut nearby = Vec::new();
        NearbyWriter::begin(
            &mut nearby,
            Encoding::Json,
            None,
            1,
            false,
            nearcast::wire::Mode::Friends,
        )
        .finish(None, 0);
        for bytes in [&nearby[..], b"{}", b""] {
            assert!(people(Encoding::Json, bytes).is_err());
        }
        assert!(people(Encoding::Protobuf, &[0xff, 0xff]).is_err());
        assert!(people(Encoding::Json, &frame(Encoding::Json, 0)).is_err());
        assert!(Sample::default().check(Encoding::Json, 4.0).is_err());
    }
}
