//! The cargo tools that checks need: exactly one version each, built into `target/tools`, so that
//! the machine keeps nothing and everybody runs the same.

use std::path::PathBuf;

use crate::checkout::Checkout;
use crate::run::obey;

pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

pub(crate) const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
};

pub(crate) const CARGO_FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
};

impl Tool {
    /// The path of the tool, built first where this version is not there yet.
    pub(crate) fn ensure(&self, checkout: &Checkout) -> Result<PathBuf, String> {
        let Self { name, version } = self;
        let folder = checkout.target().join(format!("tools/{name}-{version}"));
        let program = folder.join("bin").join(name);
        if program.exists() {
            return Ok(program);
        }
        // Without optimisation it is there in half the time, and neither tool computes much.
        let words = format!("install {name} --version {version} --locked --debug --quiet");
        let mut install = checkout.cargo(&words);
        install.arg("--root").arg(&folder);
        obey(&mut install)?;
        Ok(program)
    }
}
