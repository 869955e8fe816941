//! A Redis Cluster of a test's own.

use std::process::Command;

use redis::ToRedisArgs;

use super::store::{Redis, free_port, until};

const MASTERS: usize = 3;

pub(super) struct Cluster {
    /// The masters first, as it begins.
    pub(super) nodes: Vec<Redis>,
}

impl Cluster {
    pub(super) fn start(replicas: usize) -> Self {
        let nodes: Vec<Redis> = (0..MASTERS * (1 + replicas)).map(|_| node()).collect();
        let mut create = Command::new("redis-cli");
        create.args(["--cluster-yes", "--cluster", "create"]);
        create.args(nodes.iter().map(address));
        create.args(["--cluster-replicas", &replicas.to_string()]);
        run(create);
        let cluster = Self { nodes };
        cluster.is_whole();
        for replica in &cluster.nodes[MASTERS..] {
            until("a replica follows", || {
                info(replica, "INFO", &["replication"]).contains("master_link_status:up")
            });
        }
        cluster
    }

    pub(super) fn masters(&self) -> &[Redis] {
        &self.nodes[..MASTERS]
    }

    pub(super) fn urls(&self) -> String {
        let urls: Vec<String> = self.nodes.iter().map(Redis::url).collect();
        urls.join(",")
    }

    /// Which node has anything of a user.
    pub(super) fn node_with(&self, user: &str) -> Option<usize> {
        self.nodes.iter().position(|node| {
            let records: Vec<String> = node.ask("KEYS", &["nearcast:main:*:rec"]);
            let has = |rec: String| node.ask::<bool>("HEXISTS", &[rec.as_str(), user]);
            records.into_iter().any(has)
        })
    }

    pub(super) fn is_whole(&self) {
        for node in &self.nodes {
            until("the cluster is whole", || {
                info(node, "CLUSTER", &["INFO"]).contains("cluster_state:ok")
            });
        }
    }

    /// Kills a master, and waits for the replica that takes its place.
    pub(super) fn lose_a_master(&mut self) {
        drop(self.nodes.remove(0));
        for node in &self.nodes {
            until("the others know", || {
                info(node, "CLUSTER", &["NODES"]).contains("fail")
            });
        }
        self.is_whole();
    }

    /// All that one master has goes to another one, slot by slot.
    pub(super) fn move_slots(&self, from: usize, to: usize) {
        let id = |node: usize| info(&self.nodes[node], "CLUSTER", &["MYID"]);
        let mut reshard = Command::new("redis-cli");
        reshard.args(["--cluster", "reshard", &address(&self.nodes[from])]);
        reshard.args(["--cluster-from", &id(from), "--cluster-to", &id(to)]);
        reshard.args(["--cluster-slots", "16384", "--cluster-yes"]);
        run(reshard);
    }
}

pub(super) fn node() -> Redis {
    let bus = free_port().to_string();
    Redis::with(&[
        "--cluster-enabled",
        "yes",
        "--cluster-node-timeout",
        "1000",
        "--cluster-port",
        &bus,
    ])
}

fn address(node: &Redis) -> String {
    format!("127.0.0.1:{}", node.port)
}

fn run(mut command: Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn info(node: &Redis, command: &str, of: &[impl ToRedisArgs]) -> String {
    node.ask(command, of)
}
