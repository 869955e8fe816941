//! The one request that the benches make: an import.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An import answers batch by batch; one that says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends lines to `POST /v1/import` and checks that all of them were taken.
pub(crate) fn import(to: SocketAddr, key: &str, lines: &str) -> Result<(), String> {
    let answer = ask(to, key, lines).map_err(|error| format!("import the users: {error}"))?;
    let expected = lines.lines().count() as u64;
    let imported = imported(&answer);
    if answer.starts_with("HTTP/1.1 200 ") && imported == expected {
        return Ok(());
    }
    let shown: String = answer.chars().take(1_000).collect();
    Err(format!(
        "import the users: {imported} of {expected} lines were taken: {shown}"
    ))
}

fn ask(to: SocketAddr, key: &str, lines: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let head = format!(
        "POST /v1/import HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/x-ndjson\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        lines.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(lines.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Lines that the answers, one for each batch, say were taken.
fn imported(answer: &str) -> u64 {
    let counts = answer.split("\"imported\":").skip(1);
    counts
        .filter_map(|rest| {
            rest.split(|c: char| !c.is_ascii_digit())
                .next()?
                .parse::<u64>()
                .ok()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_summed_over_the_batches() {
        let answer = "HTTP/1.1 200 OK\r\n\r\n{\"batch\":1,\"imported\":5000}\n{\"imported\":12,\"errors\":[]}\n";
        assert_eq!(imported(answer), 5_012);
        assert_eq!(imported("HTTP/1.1 401 Unauthorized\r\n\r\n{}"), 0);
    }
}
