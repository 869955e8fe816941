//! The flags that every bench has.

use clap::Args;
use serde_json::Value;

#[derive(Debug, Clone, Args)]
pub(crate) struct Load {
    /// Resident users
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub(crate) users: u32,
    /// Friends of each user, all online and nearby
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(0..=5_000))]
    pub(crate) friends: u32,
    /// Workers
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) threads: u32,
    /// How long each figure is measured
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seconds: u64,
    /// The same seed gives the same people and the same moves
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// One JSON object per figure and line, nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

impl Load {
    /// What a figure says about how it was measured. Not every bench has a use for each flag.
    pub(crate) fn parameters(&self, without: &[&str]) -> Vec<(&'static str, Value)> {
        let mut parameters = vec![
            ("users", self.users.into()),
            ("friends", self.friends.into()),
            ("threads", self.threads.into()),
            ("seconds", self.seconds.into()),
            ("seed", self.seed.into()),
        ];
        parameters.retain(|(name, _)| !without.contains(name));
        parameters
    }
}
