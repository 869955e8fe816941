//! SIGHUP: keys, limits and certificates are exchanged, or stay as they were.

use std::fs;
use std::path::{Path, PathBuf};

use nearcast::client::{Address, Client, Failed, Heard, Trust};
use nearcast::wire::client::{Hello, Page};
use nearcast::wire::{ClientMessage, Command, Encoding, Event};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;

use super::backend::Backend;
use super::process::{Process, command, token};
use super::raw::Raw;
use crate::server::fresh_dir;

const OLD: &str = "the-old-server-key-of-the-reload";
const NEW: &str = "the-new-server-key-of-the-reload";

/// A server whose configuration is a file.
struct Filed {
    process: Process,
    file: PathBuf,
}

impl Filed {
    fn start(text: &str) -> Self {
        let data = fresh_dir();
        let file = data.join("nearcast.toml");
        fs::write(&file, text).unwrap();
        let mut serve = command(&data, &[]);
        // Variables would go before the file.
        serve.arg("--config").arg(&file);
        serve.env_remove("NEARCAST_AUTH_SERVER_KEY");
        let process = Process::run(&mut serve, &data);
        Self { process, file }
    }

    /// Another file and SIGHUP, until the log says so.
    fn reload(&self, text: &str, said: &str) {
        let before = self.process.log().matches(said).count();
        fs::write(&self.file, text).unwrap();
        self.process.signal("HUP");
        self.process.wait_for_log(said, before + 1);
    }

    async fn status(&self, key: &str) -> u16 {
        let mut backend = Backend::with_key(self.process.address, key).await;
        backend.ask("GET", "/v1/reports", "").await.status
    }
}

fn with_key(key: &str, more: &str) -> String {
    format!("[auth]\nserver_key = [\"{key}\"]\n{more}")
}

#[tokio::test]
async fn keys_and_limits_are_exchanged_for_who_is_there_too() {
    let filed = Filed::start(&with_key(OLD, ""));
    assert_eq!(
        (filed.status(OLD).await, filed.status(NEW).await),
        (200, 401)
    );
    let mut raw = Raw::live(&filed.process, "ann").await;
    let limits = "[limits]\nmessages_burst = 1\nmessages_per_s = 1\nmoves_burst = 5\n";
    filed.reload(&with_key(NEW, limits), "reloaded keys and limits");
    assert_eq!(
        (filed.status(OLD).await, filed.status(NEW).await),
        (401, 200)
    );
    for id in 1..=3 {
        raw.say(&json!({"id": id, "nearby": {}})).await;
    }
    let refused = raw.until("error").await;
    assert_eq!(refused["error"]["code"], 111, "{refused}");
    // By which clients pace themselves.
    let mut backend = Backend::with_key(filed.process.address, NEW).await;
    let gateway = backend.ask("GET", "/v1/gateway", "").await.json();
    assert_eq!(gateway["limits"]["moves_burst"], 5, "{gateway}");
}

#[tokio::test]
async fn a_faulty_file_changes_nothing_and_is_named_in_the_log() {
    let filed = Filed::start(&with_key(OLD, ""));
    let faulty = with_key(NEW, "[limits]\nconnections = 0\n");
    filed.reload(&faulty, "limits.connections is 0");
    assert_eq!(
        (filed.status(OLD).await, filed.status(NEW).await),
        (200, 401)
    );
    filed.reload("this is no TOML", "is not TOML");
    assert_eq!(
        (filed.status(OLD).await, filed.status(NEW).await),
        (200, 401)
    );
    let beyond = with_key(NEW, "[broker]\nttl_s = 99999999999999999999\n");
    filed.reload(&beyond, "line 4 is not TOML");
    filed.reload("", "auth.server_key is empty now");
    assert_eq!(
        (filed.status(OLD).await, filed.status(NEW).await),
        (200, 401)
    );
    assert!(!filed.process.data.join("dev-server-key").exists());
    fs::remove_file(&filed.file).unwrap();
    filed.process.signal("HUP");
    filed.process.wait_for_log("read the file", 1);
    assert_eq!(filed.status(OLD).await, 200);
}

#[tokio::test]
async fn keys_of_ones_own_never_give_way_to_those_for_development() {
    let filed = Filed::start("");
    let development = fs::read_to_string(filed.process.data.join("dev-server-key")).unwrap();
    let development = development.trim();
    filed.reload("", "reloaded keys and limits");
    assert_eq!(filed.status(development).await, 200);
    filed.reload(&with_key(NEW, ""), "reloaded keys and limits");
    assert_eq!(filed.status(development).await, 401);
    filed.reload("", "auth.server_key is empty now");
    assert_eq!(
        (filed.status(development).await, filed.status(NEW).await),
        (401, 200)
    );
}

#[tokio::test]
async fn what_waits_for_a_restart_is_named() {
    let filed = Filed::start(&with_key(OLD, ""));
    let text = with_key(NEW, "[broker]\nttl_s = 7\n[limits]\nfriends = 7\n");
    filed.reload(&text, "broker.ttl_s, limits.friends");
    assert_eq!(filed.status(NEW).await, 200);
}

/// Writes a new certificate with its key, and whom to trust for it.
fn issue(dir: &Path, name: &str) -> Trust {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(dir.join(format!("{name}.pem")), made.cert.pem()).unwrap();
    fs::write(
        dir.join(format!("{name}-key.pem")),
        made.signing_key.serialize_pem(),
    )
    .unwrap();
    let root = CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap();
    Trust::with(&[root]).unwrap()
}

fn with_certificate(dir: &Path, name: &str) -> String {
    let dir = dir.display();
    with_key(
        OLD,
        &format!("[server]\ntls_cert = \"{dir}/{name}.pem\"\ntls_key = \"{dir}/{name}-key.pem\"\n"),
    )
}

async fn connect(filed: &Filed, trust: &Trust) -> Result<Client, Failed> {
    let url = format!("wss://localhost:{}", filed.process.address.port());
    let address = Address::parse(&url).unwrap();
    Client::connect_trusting(&address, Encoding::Json, Some(&token("ann")), Some(trust)).await
}

/// Asks something and waits for its answer.
async fn must_answer(client: &mut Client, body: Command) {
    let id = Some(7);
    client.send(&ClientMessage { id, body }).await.unwrap();
    loop {
        match client.next().await {
            Heard::Message(message) if message.id == id => {
                assert!(!matches!(message.body, Event::Error(_)), "{message:?}");
                return;
            }
            Heard::Message(_) => {}
            Heard::Closed(closed) => panic!("{closed:?}"),
        }
    }
}

fn asks() -> Command {
    Command::Nearby(Page::default())
}

#[tokio::test]
async fn certificates_are_exchanged_while_clients_stay_and_never_for_a_bad_one() {
    let dir = fresh_dir();
    let first = issue(&dir, "one");
    let filed = Filed::start(&with_certificate(&dir, "one"));
    let mut before = connect(&filed, &first).await.unwrap();
    must_answer(&mut before, Command::Hello(Hello::default())).await;

    // The same names with something else in them.
    let second = issue(&dir, "one");
    filed.reload(&with_certificate(&dir, "one"), "reloaded keys and limits");
    assert!(connect(&filed, &first).await.is_err());
    let mut after = connect(&filed, &second).await.unwrap();
    must_answer(&mut after, Command::Hello(Hello::default())).await;
    must_answer(&mut before, asks()).await;

    // Other names.
    let third = issue(&dir, "two");
    filed.reload(&with_certificate(&dir, "two"), "reloaded keys and limits");
    assert!(connect(&filed, &second).await.is_err());
    connect(&filed, &third).await.unwrap();

    fs::write(dir.join("two.pem"), "half a certif").unwrap();
    filed.reload(&with_certificate(&dir, "two"), "server.tls_cert is");
    connect(&filed, &third).await.unwrap();
    must_answer(&mut before, asks()).await;
    must_answer(&mut after, asks()).await;
    fs::remove_dir_all(dir).unwrap();
}

#[tokio::test]
async fn tls_itself_waits_for_a_restart_and_says_so() {
    let dir = fresh_dir();
    issue(&dir, "one");
    let filed = Filed::start(&with_key(OLD, ""));
    filed.reload(&with_certificate(&dir, "one"), "wait for a restart");
    assert_eq!(filed.status(OLD).await, 200);
    fs::remove_dir_all(dir).unwrap();
}
