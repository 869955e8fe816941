//! What people do with their phones but move: they look, and think.

use serde::{Deserialize, Serialize};

/// On average, beyond what movement asks for; 0: not at all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Think {
    /// From when somebody comes to the first move after it.
    pub before_first_s: f64,
    /// From one move to the next.
    pub between_s: f64,
}
