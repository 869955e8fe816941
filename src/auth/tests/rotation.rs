//! Keys that change while the server runs: a provider on this machine, and a file.

use std::fs::File;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::*;

/// When a test gives up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who publishes keys; asks are answered by hand.
struct Provider {
    listener: TcpListener,
    url: String,
}

impl Provider {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks?key=k", listener.local_addr().unwrap());
        Self { listener, url }
    }

    async fn answer(&self, status: &str, body: &[u8]) {
        let asked = tokio::time::timeout(PATIENCE, self.listener.accept()).await;
        let (mut stream, _) = asked.expect("nobody asks").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"GET /jwks?key=k HTTP/1.1\r\n"));
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
    }

    fn publish<'a>(&'a self, pairs: &[&Pair]) -> impl Future<Output = ()> + use<'a> {
        let body = jwks(pairs);
        async move { self.answer("200 OK", &body).await }
    }

    /// A verifier that has asked once.
    async fn verifier(&self, pairs: &[&Pair]) -> Arc<Verifier> {
        let verifier = verifier(&published(&self.url));
        let (asked, ()) = tokio::join!(verifier.refresh(), self.publish(pairs));
        asked.unwrap();
        verifier
    }
}

fn keys() -> (Pair, Pair) {
    (Pair::p256().named("old"), Pair::ed25519().named("new"))
}

/// Lets time pass at once.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

async fn until_accepted(verifier: &Verifier, token: &str) {
    let accepted = async {
        while verifier.token(token, NOW_MS).is_err() {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, accepted).await;
    waited.expect("its key never comes");
}

#[tokio::test]
async fn keys_of_a_url_are_asked_for() {
    let provider = Provider::open().await;
    let (old, new) = keys();
    let verifier = provider.verifier(&[&old]).await;
    assert_eq!(verifier.token(&old.sign(&hour()), NOW_MS), Ok(ann()));
    assert_eq!(
        verifier.token(&new.sign(&hour()), NOW_MS),
        Err(Rejected::Invalid)
    );
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_before_its_token_is_refused() {
    let provider = Provider::open().await;
    let (old, new) = keys();
    let verifier = provider.verifier(&[&old]).await;
    let token = new.sign(&hour());
    tokio::join!(verifier.settle(&token), provider.publish(&[&old, &new]));
    assert_eq!(verifier.token(&token, NOW_MS), Ok(ann()));
    assert_eq!(verifier.token(&old.sign(&hour()), NOW_MS), Ok(ann()));
}

#[tokio::test]
async fn unknown_keys_are_asked_for_once_in_ten_seconds() {
    let provider = Provider::open().await;
    let (old, new) = keys();
    let verifier = provider.verifier(&[&old]).await;
    let token = new.sign(&hour());
    tokio::join!(verifier.settle(&token), provider.publish(&[&old]));
    pass(Duration::from_millis(9_900)).await;
    // Nobody answers: it must not ask.
    verifier.settle(&token).await;
    assert!(verifier.token(&token, NOW_MS).is_err());
    pass(Duration::from_millis(100)).await;
    tokio::join!(verifier.settle(&token), provider.publish(&[&new]));
    assert!(verifier.token(&token, NOW_MS).is_ok());
}

#[tokio::test]
async fn all_who_wait_for_a_provider_that_hangs_wait_for_one_answer() {
    let provider = Provider::open().await;
    let (old, new) = keys();
    let verifier = provider.verifier(&[&old]).await;
    let token = new.sign(&hour());
    // Time passes when everybody waits.
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let settle = || verifier.settle(&token);
    tokio::join!(settle(), settle(), settle());
    let waited = began.elapsed();
    assert!(waited < Duration::from_secs(11), "{waited:?}");
}

#[tokio::test]
async fn known_keys_and_other_credentials_ask_for_nothing() {
    let provider = Provider::open().await;
    let (old, new) = keys();
    let verifier = provider.verifier(&[&old]).await;
    let hmac = Pair::secret(SECRET).named("unknown").sign(&hour());
    let nameless = Pair::p256().sign(&hour());
    for quiet in [old.sign(&hour()), hmac, nameless, "a-server-key".to_owned()] {
        verifier.settle(&quiet).await;
    }
    // Had one of them asked, this would be too soon.
    let token = new.sign(&hour());
    tokio::join!(verifier.settle(&token), provider.publish(&[&new]));
    assert!(verifier.token(&token, NOW_MS).is_ok());
}

#[tokio::test]
async fn a_kept_verifier_asks_when_a_token_names_an_unknown_key() {
    let provider = Provider::open().await;
    let (old, new) = keys();
    let verifier = provider.verifier(&[&old]).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let kept = tokio::spawn(Arc::clone(&verifier).keep(async { drop(stopped.await) }));
    let token = new.sign(&hour());
    assert!(verifier.token(&token, NOW_MS).is_err());
    provider.publish(&[&new]).await;
    until_accepted(&verifier, &token).await;
    assert_eq!(
        verifier.token(&old.sign(&hour()), NOW_MS),
        Err(Rejected::Invalid)
    );
    drop(stop);
    kept.await.unwrap();
}

#[tokio::test]
async fn a_kept_verifier_asks_again_when_it_is_time() {
    let provider = Provider::open().await;
    let (old, new) = keys();
    let verifier = provider.verifier(&[&old]).await;
    let kept = tokio::spawn(Arc::clone(&verifier).keep(std::future::pending()));
    tokio::task::yield_now().await;
    pass(Duration::from_secs(300)).await;
    provider.publish(&[&new]).await;
    until_accepted(&verifier, &new.sign(&hour())).await;
    kept.abort();
}

#[tokio::test]
async fn old_keys_stay_when_a_refresh_fails_and_the_log_says_so_once() {
    let folder = Folder::new();
    let lines = tracing_subscriber::fmt()
        .with_writer(File::create(folder.at("log")).unwrap())
        .with_ansi(false)
        .finish();
    let listening = tracing::subscriber::set_default(lines);
    let provider = Provider::open().await;
    let (old, _) = keys();
    let verifier = provider.verifier(&[&old]).await;
    let failures: [(&str, &[u8]); 5] = [
        ("500 Internal Server Error", b""),
        ("302 Found", b""),
        ("200 OK", b"{}"),
        ("200 OK", b"<html>"),
        ("200 OK", br#"{"keys":[]}"#),
    ];
    for (status, body) in failures {
        let (asked, ()) = tokio::join!(verifier.refresh(), provider.answer(status, body));
        asked.unwrap_err();
        assert_eq!(verifier.token(&old.sign(&hour()), NOW_MS), Ok(ann()));
    }
    for _ in 0..2 {
        let (asked, ()) = tokio::join!(verifier.refresh(), provider.publish(&[&old]));
        asked.unwrap();
    }
    drop(listening);
    let log = std::fs::read_to_string(folder.at("log")).unwrap();
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].contains("WARN") && lines[0].contains("500"));
    assert!(lines[1].contains("INFO") && lines[1].contains("again"));
    assert!(!log.contains("key=k"), "{log}");
}

#[tokio::test]
async fn a_file_is_read_again_when_it_changes() {
    let folder = Folder::new();
    let (old, new) = keys();
    let path = folder.put("jwks.json", &jwks(&[&old]));
    let verifier = verifier(&published(&path));
    assert!(verifier.token(&old.sign(&hour()), NOW_MS).is_ok());
    let kept = tokio::spawn(Arc::clone(&verifier).keep(std::future::pending()));
    tokio::task::yield_now().await;
    // Without a name, a token asks for nothing.
    let token = Pair::rsa();
    folder.put("jwks.json", &jwks(&[&token, &new]));
    pass(Duration::from_secs(2)).await;
    until_accepted(&verifier, &token.sign(&hour())).await;
    assert!(verifier.token(&old.sign(&hour()), NOW_MS).is_err());
    kept.abort();
}

#[tokio::test]
async fn a_file_that_breaks_leaves_the_old_keys() {
    let folder = Folder::new();
    let (old, _) = keys();
    let path = folder.put("jwks.json", &jwks(&[&old]));
    let verifier = verifier(&published(&path));
    folder.put("jwks.json", b"{");
    verifier.refresh().await.unwrap_err();
    std::fs::remove_file(&path).unwrap();
    verifier.refresh().await.unwrap_err();
    assert!(verifier.token(&old.sign(&hour()), NOW_MS).is_ok());
}

#[tokio::test]
async fn a_reload_keeps_the_keys_of_a_provider_that_does_not_answer() {
    let provider = Provider::open().await;
    let (old, _) = keys();
    let verifier = provider.verifier(&[&old]).await;
    let auth = Auth {
        hmac_secret: SECRET.to_owned(),
        ..published(&provider.url)
    };
    let (reloaded, ()) = tokio::join!(verifier.reload(&auth), provider.answer("503 Busy", b""));
    reloaded.unwrap();
    for pair in [old, Pair::secret(SECRET)] {
        assert!(verifier.token(&pair.sign(&hour()), NOW_MS).is_ok());
    }
}

#[tokio::test]
async fn a_reload_forgets_the_keys_of_another_provider() {
    let (first, second) = (Provider::open().await, Provider::open().await);
    let (old, new) = keys();
    let verifier = first.verifier(&[&old]).await;
    let auth = published(&second.url);
    let (reloaded, ()) = tokio::join!(verifier.reload(&auth), second.answer("404 Not Found", b""));
    assert_eq!(reloaded.unwrap_err().len(), 1);
    assert!(verifier.token(&old.sign(&hour()), NOW_MS).is_ok());
    let (reloaded, ()) = tokio::join!(verifier.reload(&auth), second.publish(&[&new]));
    reloaded.unwrap();
    assert!(verifier.token(&old.sign(&hour()), NOW_MS).is_err());
    assert!(verifier.token(&new.sign(&hour()), NOW_MS).is_ok());
}
