//! How one Redis may be reached: with a password, with TLS, behind Sentinel; and what
//! `nearcast check --online` says where something is wrong.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;

use super::cluster::{self, Cluster};
use super::keeper::{Keeper, until_kept};
use super::store::{Redis, Sentinel, free_port, until};
use crate::server::fresh_dir;

/// What `check --online` says and its exit status.
pub(super) fn check(settings: &[(&str, &str)]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nearcast"));
    command
        .args(["check", "--online"])
        .env("NEARCAST_SERVER_DATA", fresh_dir());
    for (name, value) in settings {
        command.env(format!("NEARCAST_{name}"), value);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), said)
}

/// A server of something else, which always answers this.
fn web(status: &str, body: &str) -> SocketAddr {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = elsewhere.local_addr().unwrap();
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}");
    std::thread::spawn(move || {
        for mut asked in elsewhere.incoming().flatten() {
            let _ = asked.read(&mut [0; 512]);
            let _ = asked.write_all(answer.as_bytes());
        }
    });
    address
}

#[tokio::test]
async fn a_user_with_a_password_is_enough() {
    let redis = Redis::with(&[
        "--user",
        "near",
        "on",
        ">secret",
        "+@all",
        "~nearcast:*",
        "--user",
        "default",
        "off",
    ]);
    let url = format!("redis://near:secret@127.0.0.1:{}", redis.port);
    let mut keeper = Keeper::with(&url, &fresh_dir(), &[]).await;
    keeper.keeps(&["ann"]).await;
    assert_eq!(check(&[("SNAPSHOT_REDIS_URL", &url)]), (0, String::new()));
    let data = keeper.process.kill();
    let mut keeper = Keeper::with(&url, &data, &[]).await;
    assert_eq!(keeper.around(1.0, 2.0).await, ["ann"]);
    for wrong in ["near:hunter2", "near", ""] {
        let url = format!("redis://{wrong}@127.0.0.1:{}", redis.port).replace("//@", "//");
        let (status, said) = check(&[("SNAPSHOT_REDIS_URL", &url)]);
        assert_eq!(status, 69, "{said}");
        assert!(
            said.contains("snapshot.redis_url") && !said.contains("hunter2"),
            "{said}"
        );
        let is_missing = !wrong.contains(':');
        assert_eq!(said.contains("USER:PASSWORD@"), is_missing, "{said}");
    }
}

#[test]
fn what_cannot_be_meant_is_64_and_what_cannot_be_reached_69() {
    for (settings, words) in [
        (
            vec![("SNAPSHOT_REDIS_URL", "http://secret@x")],
            "snapshot.redis_url",
        ),
        (
            vec![("SNAPSHOT_REDIS_URL", "redis://a,redis://b")],
            "one is for",
        ),
        (vec![("SNAPSHOT_APP", "my app")], "snapshot.app"),
        (
            vec![
                ("SNAPSHOT_REDIS_URL", "redis://a/2"),
                ("SNAPSHOT_DEPLOYMENT", "cluster"),
            ],
            "no databases",
        ),
        (
            vec![
                ("SNAPSHOT_REDIS_URL", "redis://a,rediss://b"),
                ("SNAPSHOT_DEPLOYMENT", "cluster"),
            ],
            "all addresses are rediss://",
        ),
        (
            vec![("SNAPSHOT_REDIS_URL", "rediss://a/#insecure")],
            "#insecure",
        ),
        (
            vec![("SNAPSHOT_DEPLOYMENT", "many")],
            "it must be \"single\", \"sentinel\" or \"cluster\"",
        ),
        (
            vec![
                ("SNAPSHOT_REDIS_URL", "rediss://a"),
                ("SNAPSHOT_TLS_CA", "/no/such"),
            ],
            "snapshot.tls_ca",
        ),
        (
            vec![
                ("SNAPSHOT_REDIS_URL", "rediss://a"),
                ("SNAPSHOT_TLS_CA", "/dev/null"),
            ],
            "holds no certificate",
        ),
    ] {
        let (status, said) = check(&settings);
        assert_eq!(status, 64, "{said}");
        assert!(said.contains(words) && !said.contains("secret"), "{said}");
    }
    let address = format!("127.0.0.1:{}", free_port());
    let url = format!("redis://:secret@{address}");
    let (status, said) = check(&[("SNAPSHOT_REDIS_URL", &url)]);
    assert_eq!(status, 69, "{said}");
    let reached = format!("connect to Redis at {address}: ");
    assert!(
        said.contains(&reached) && !said.contains("secret"),
        "{said}"
    );
}

#[test]
fn an_address_that_is_not_what_is_meant_is_told_from_a_wrong_password() {
    let redis = Redis::start();
    let address = format!("127.0.0.1:{}", redis.port);
    let web = web("400 Bad Request", "");
    for (url, words) in [
        (
            format!("rediss://{address}"),
            "does it speak TLS, as rediss://",
        ),
        (format!("redis://{web}"), "no Redis"),
        (format!("redis://:secret@{address}"), "or none, is wanted"),
    ] {
        let (status, said) = check(&[("SNAPSHOT_REDIS_URL", &url)]);
        assert_eq!(status, 69, "{said}");
        assert!(said.contains(words) && !said.contains("secret"), "{said}");
    }
}

#[test]
fn the_status_of_what_is_no_nearcast_is_not_told() {
    let page = format!("<html>{}</html>", "It works! ".repeat(1000));
    for status in ["200 OK", "404 Not Found"] {
        let web = web(status, &page);
        let output = Command::new(env!("CARGO_BIN_EXE_nearcast"))
            .args(["snapshot", "status", "--url", &format!("http://{web}")])
            .env("NEARCAST_AUTH_SERVER_KEY", "a-server-key-of-this-test")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(69), "{said}");
        assert!(output.stdout.is_empty());
        let meant = format!("what answers at {web} is no nearcast");
        assert!(said.contains(&meant) && said.len() < 200, "{said}");
    }
}

#[test]
fn another_deployment_or_master_than_is_there_is_named() {
    let redis = Redis::start();
    let sentinel = Sentinel::of(&redis);
    let (status, said) = check(&[
        ("SNAPSHOT_REDIS_URL", &sentinel.url()),
        ("SNAPSHOT_DEPLOYMENT", "sentinel"),
        ("SNAPSHOT_SENTINEL_MASTER", "nobody"),
    ]);
    assert_eq!(status, 69, "{said}");
    assert!(said.contains("or it is down"), "{said}");
    for (url, deployment, wants) in [
        (redis.url(), "cluster", "\"single\""),
        (sentinel.url(), "single", "\"sentinel\""),
        (sentinel.url(), "cluster", "\"sentinel\""),
    ] {
        let (status, said) = check(&[
            ("SNAPSHOT_REDIS_URL", &url),
            ("SNAPSHOT_DEPLOYMENT", deployment),
        ]);
        assert_eq!(status, 69, "{said}");
        let wants = format!("wants snapshot.deployment {wants}");
        assert!(said.contains(&wants), "{said}");
    }
}

#[test]
fn a_redis_with_as_many_clients_as_it_takes_is_not_only_asked_for_tls() {
    let redis = Redis::start();
    let mut only = redis.connect();
    let mut set = redis::cmd("CONFIG");
    set.arg("SET").arg("maxclients").arg(1);
    assert_eq!(set.exec(&mut only), Ok(()));
    let (status, said) = check(&[("SNAPSHOT_REDIS_URL", &redis.url())]);
    assert_eq!(status, 69, "{said}");
    assert!(said.contains("maxclients"), "{said}");
}

#[test]
fn what_is_wrong_with_a_cluster_is_named() {
    let check = |urls: &str| {
        let (status, said) = check(&[
            ("SNAPSHOT_REDIS_URL", urls),
            ("SNAPSHOT_DEPLOYMENT", "cluster"),
        ]);
        assert_eq!(status, 69, "{said}");
        said
    };
    let mut cluster = Cluster::start(0);
    let urls = cluster.urls();
    let tls = check(&urls.replace("redis:", "rediss:"));
    assert!(tls.contains("does it speak TLS, as rediss://"), "{tls}");
    let wrong = check(&urls.replace("//", "//near:secret@"));
    assert!(
        wrong.contains("another user or password") && !wrong.contains("secret"),
        "{wrong}"
    );
    for node in &cluster.nodes {
        let () = node.ask("CONFIG", &["SET", "cluster-require-full-coverage", "no"]);
    }
    drop(cluster.nodes.pop());
    drop(cluster.nodes.pop());
    let lost = check(&cluster.urls());
    assert!(
        (lost.contains("cannot be reached") || lost.contains("CLUSTERDOWN"))
            && !lost.contains("wants snapshot.deployment"),
        "{lost}"
    );
    let nodes = [cluster::node(), cluster::node()];
    let alone = check(&[nodes[0].url(), nodes[1].url()].join(","));
    assert!(alone.contains("been joined"), "{alone}");
}

#[test]
fn what_else_is_kept_under_our_keys_is_named() {
    let redis = Redis::start();
    let url = redis.url();
    let check = || check(&[("SNAPSHOT_REDIS_URL", &url)]);
    assert_eq!(check(), (0, String::new()));
    let () = redis.ask("SET", &["nearcast:main:{g7}:exp", "not a set"]);
    let () = redis.ask("LPUSH", &["nearcast:main:{lease}:owner", "a list"]);
    let (status, said) = check();
    assert_eq!(status, 69, "{said}");
    for found in [
        "snapshot.app",
        "{g7}:exp is a string",
        "{lease}:owner is a list",
    ] {
        assert!(said.contains(found), "{said}");
    }
}

#[tokio::test]
async fn tls_with_an_authority_of_ones_own() {
    let folder = fresh_dir();
    std::fs::create_dir_all(&folder).unwrap();
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, signed.cert.pem()).unwrap();
    std::fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let port = free_port();
    let redis = Redis::run(
        port,
        &[
            "--tls-cert-file",
            cert,
            "--tls-key-file",
            key,
            "--tls-auth-clients",
            "no",
        ],
        &["--port", "0", "--tls-port", &port.to_string()],
    );
    let url = format!("rediss://localhost:{port}");
    let ca = [("SNAPSHOT_TLS_CA", cert)];
    let mut keeper = Keeper::with(&url, &fresh_dir(), &ca).await;
    keeper.keeps(&["ann"]).await;
    let data = keeper.process.kill();
    let mut keeper = Keeper::with(&url, &data, &ca).await;
    assert_eq!(keeper.around(1.0, 2.0).await, ["ann"]);
    let (status, said) = check(&[("SNAPSHOT_REDIS_URL", &url.replace("rediss", "redis"))]);
    assert_eq!(status, 69, "{said}");
    assert!(said.contains("want rediss://"), "{said}");
    let (status, said) = check(&[
        ("SNAPSHOT_REDIS_URL", &url.replace("rediss", "redis")),
        ("SNAPSHOT_TLS_CA", cert),
    ]);
    assert_eq!(status, 64, "{said}");
    assert!(said.contains("TLS is rediss://"), "{said}");
    // An authority that nobody knows is no authority.
    for deployment in ["single", "cluster"] {
        let (status, said) = check(&[
            ("SNAPSHOT_REDIS_URL", &url),
            ("SNAPSHOT_DEPLOYMENT", deployment),
        ]);
        assert_eq!(status, 69, "{said}");
        assert!(
            said.contains("certificate") && said.contains("tls_ca") && !said.contains('?'),
            "{said}"
        );
    }
    drop(redis);
    let _ = std::fs::remove_dir_all(folder);
}

#[tokio::test]
async fn sentinel_names_the_master_before_and_after_a_fail_over() {
    let (one, two) = (Redis::start(), Redis::start());
    let _: () = two.ask("REPLICAOF", &["127.0.0.1", &one.port.to_string()]);
    until("the replica follows", || {
        redis::cmd("INFO")
            .arg("replication")
            .query::<String>(&mut two.connect())
            .unwrap()
            .contains("master_link_status:up")
    });
    let sentinel = Sentinel::of(&one);
    let url = sentinel.url();
    let settings = [
        ("SNAPSHOT_DEPLOYMENT", "sentinel"),
        ("SNAPSHOT_SENTINEL_MASTER", "town"),
    ];
    let mut keeper = Keeper::with(&url, &fresh_dir(), &settings).await;
    keeper.settle("ann", 1.0, 2.0).await;
    until_kept(&one, &["ann"]);
    until("Sentinel knows the replica", || {
        let client = redis::Client::open(url.as_str()).unwrap();
        let known: Vec<Vec<String>> = redis::cmd("SENTINEL")
            .arg("REPLICAS")
            .arg("town")
            .query(&mut client.get_connection().unwrap())
            .unwrap_or_default();
        known.len() == 1
    });
    drop(one);
    keeper.settle("bob", 1.0, 2.0).await;
    // Who is connected as it becomes master is sent away.
    until("the replica is master", || {
        let role = || redis::cmd("ROLE").query::<redis::Value>(&mut two.try_connect()?);
        role().is_ok_and(|role| format!("{role:?}").contains("master"))
    });
    until_kept(&two, &["ann", "bob"]);
}
