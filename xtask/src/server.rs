//! A server of ours as a child process; it ends with this.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::checkout::Checkout;
use crate::run::obey;

/// The server's program, as it is built beside the tests.
pub(crate) fn program(checkout: &Checkout) -> Result<PathBuf, String> {
    obey(&mut checkout.tests("--test it --no-run"))?;
    Ok(checkout.target().join("checked/nearcast"))
}

pub(crate) struct Server {
    child: Child,
    /// Address and port.
    pub(crate) address: String,
}

impl Server {
    /// Starts it and waits until it says where it listens.
    pub(crate) fn start(mut command: Command) -> Result<Self, String> {
        let program = command.get_program().to_string_lossy().into_owned();
        let failed = |error| format!("start {program}: {error}");
        let child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut server = Self {
            child,
            address: String::new(),
        };
        let mut line = String::new();
        if let Some(stdout) = &mut server.child.stdout {
            let mut stdout = BufReader::new(stdout.take(1024));
            stdout.read_line(&mut line).map_err(failed)?;
        }
        let address = line
            .trim_end()
            .strip_prefix("listening on http://")
            .ok_or_else(|| format!("{program} said {line:?} instead of its address"))?;
        address.clone_into(&mut server.address);
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended by itself if these fail.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_says_no_address_is_not_waited_for() {
        let started = Server::start(Command::new("true"));
        let why = started.map(|_| ()).unwrap_err();
        assert_eq!(why, "true said \"\" instead of its address");
    }

    #[test]
    fn the_address_of_the_server_is_read_from_its_first_line() {
        let mut command = Command::new("echo");
        command.arg("listening on http://127.0.0.1:1");
        assert_eq!(Server::start(command).unwrap().address, "127.0.0.1:1");
    }
}
