//! Debian packages that a check needs, installed only where the program is missing.
//!
//! It must never start a service: only the programs are wanted, each user starts its own.

use std::env;
use std::process::{Command, Stdio};

/// Says why where it fails. The benches install with it too.
const INSTALL: &str = include_str!("install.sh");

/// Makes sure that `program` is on the path, from Debian's `package` when it is not.
pub(crate) fn ensure(program: &str, package: &str) -> Result<String, String> {
    ensure_that(|| on_path(program), program, package)
}

/// The same for what is found in another way than by a program of its name.
pub(crate) fn ensure_that(
    is_there: impl Fn() -> bool,
    what: &str,
    package: &str,
) -> Result<String, String> {
    if is_there() {
        return Ok(format!("{what} is there"));
    }
    eprintln!("   {what} is missing: installing Debian's {package}");
    let status = install(package).status();
    let status = status.map_err(|error| format!("start sh: {error}"))?;
    if !status.success() {
        return Err(format!(
            "{what} is missing, and installing Debian's {package} ended with {status}; why is said above"
        ));
    }
    if is_there() {
        Ok(format!("{package} installed"))
    } else {
        Err(format!("{package} is installed, but brought no {what}"))
    }
}

fn install(package: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", INSTALL, "install.sh", package])
        .stdin(Stdio::null());
    command
}

fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn a_program_that_is_there_is_not_installed() {
        assert_eq!(ensure("sh", "no-such-package").unwrap(), "sh is there");
    }

    #[test]
    fn a_program_that_is_not_there_is_seen() {
        assert!(!on_path("nearcast-no-such-program"));
    }

    /// A machine of which only root and apt-get are made up, and its policy.
    struct Machine(PathBuf);

    impl Machine {
        /// `apt`: what its apt-get does to install.
        fn new(name: &str, apt: &str) -> Self {
            let folder = env::temp_dir().join(format!("nearcast-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            let machine = Self(folder);
            machine.program("id", "echo 0");
            machine.program("apt-get", &format!("[ $2 = update ] || {{ {apt}; }}"));
            machine
        }

        fn program(&self, name: &str, does: &str) {
            let path = self.0.join(name);
            fs::write(&path, format!("#!/bin/sh\n{does}\n")).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        }

        fn policy(&self) -> PathBuf {
            self.0.join("policy-rc.d")
        }

        /// Answers whether that succeeded.
        fn installs(&self) -> bool {
            let path = env::var("PATH").unwrap();
            let mut command = install("a-package");
            command
                .env("PATH", format!("{}:{path}", self.0.display()))
                .env("NEARCAST_POLICY", self.policy());
            command.status().unwrap().success()
        }
    }

    impl Drop for Machine {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn verdict(policy: &Path) -> Option<i32> {
        Command::new("sh").arg(policy).status().unwrap().code()
    }

    const ASKS: &str = "\"$NEARCAST_POLICY\"; echo $? > \"$NEARCAST_POLICY.said\"";

    #[test]
    fn no_service_is_started_and_the_policy_goes_when_the_packages_are_there() {
        let machine = Machine::new("installs", ASKS);
        assert!(machine.installs());
        let said = fs::read_to_string(machine.0.join("policy-rc.d.said")).unwrap();
        assert_eq!(said, "101\n");
        assert!(!machine.policy().exists());
    }

    #[test]
    fn whatever_ends_an_installation_takes_the_policy_away() {
        // What a shell was started to ignore it cannot trap, so of signals TERM alone.
        for (name, end) in [("fails", "exit 100"), ("ends", "kill -TERM $PPID")] {
            let machine = Machine::new(name, &format!("{ASKS}; {end}"));
            assert!(!machine.installs(), "{name}");
            assert!(machine.0.join("policy-rc.d.said").exists(), "{name}");
            assert!(!machine.policy().exists(), "{name}");
        }
    }

    #[test]
    fn what_a_killed_installation_left_behind_goes_with_the_next() {
        let machine = Machine::new("killed", "kill -KILL $PPID");
        assert!(!machine.installs());
        assert_eq!(verdict(&machine.policy()), Some(101));
        machine.program("apt-get", ":");
        assert!(machine.installs());
        assert!(!machine.policy().exists());
    }

    /// Of an installation by this process.
    fn left_by(process: u32) -> String {
        format!("# While nearcast installs packages, process {process}\nexit 101")
    }

    #[test]
    fn a_policy_whose_process_is_another_by_now_goes_too() {
        let machine = Machine::new("recycled", ":");
        machine.program("policy-rc.d", &left_by(std::process::id()));
        assert!(machine.installs());
        assert!(!machine.policy().exists());
    }

    #[test]
    fn the_policy_of_an_installation_that_goes_on_stays() {
        let machine = Machine::new("twice", ":");
        let mut other = Command::new("sh")
            .args(["-c", "read line; exit", "install.sh"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        machine.program("policy-rc.d", &left_by(other.id()));
        assert!(machine.installs());
        assert_eq!(verdict(&machine.policy()), Some(101));
        // Closes its input, which ends it.
        other.wait().unwrap();
    }

    #[test]
    fn a_policy_of_somebody_else_stays() {
        let machine = Machine::new("policed", ":");
        machine.program("policy-rc.d", "exit 7");
        assert!(machine.installs());
        assert_eq!(verdict(&machine.policy()), Some(7));
    }

    #[test]
    fn who_is_not_root_is_told_so() {
        let machine = Machine::new("not-root", ":");
        machine.program("id", "echo 1000");
        assert!(!machine.installs());
    }
}
