//! A Redis of the bench's own: started on a free port of the loopback, without persistence, in a
//! folder that goes with it. It must never touch a Redis that is already running.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use ::redis::{Client, Connection, Pipeline, RedisError, Value, cmd};

use crate::rss::Rss;
use crate::towns::{Place, id};

const KEY: &str = "people";
/// Members of one GEOADD, and GEOADDs of one pipeline: large enough that the round trip is nothing.
const BATCH: usize = 500;
const PIPELINE: usize = 20;
const START_WITHIN: Duration = Duration::from_secs(10);
/// Another program may take the free port before Redis does; then a new one is tried.
const ATTEMPTS: usize = 5;

pub(crate) struct Redis {
    connection: Connection,
    server: Server,
}

/// What Redis says that its calls cost it, without the socket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cost {
    pub(crate) calls: u64,
    pub(crate) us_per_call: f64,
}

impl Redis {
    pub(crate) fn start() -> Result<Self, String> {
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            let mut server = Server::start()?;
            match server.connect() {
                Ok(connection) => return Ok(Self { connection, server }),
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.server.port)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.server.port))
    }

    pub(crate) fn process(&self) -> u32 {
        self.server.redis
    }

    /// Lets so many clients in, where the system allows as many.
    pub(crate) fn let_in(&mut self, clients: u32) -> Result<(), String> {
        cmd("CONFIG")
            .arg("SET")
            .arg("maxclients")
            .arg(clients)
            .exec(&mut self.connection)
            .map_err(|error| format!("have Redis let {clients} clients in: {error}"))
    }

    /// Seconds of a core that it has used.
    pub(crate) fn cpu_s(&mut self) -> Result<f64, String> {
        let used: String = cmd("INFO")
            .arg("cpu")
            .query(&mut self.connection)
            .map_err(|error| format!("read what Redis has used: {error}"))?;
        let of = |name| {
            let line = used.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse::<f64>().ok()
        };
        let parts = [of("used_cpu_user:"), of("used_cpu_sys:")];
        let sum = parts.into_iter().sum::<Option<f64>>();
        sum.ok_or_else(|| "Redis does not say what it has used".to_owned())
    }

    /// Memory of the server.
    pub(crate) fn rss(&self) -> Result<Rss, String> {
        Rss::of(self.server.redis)
    }

    /// Adds everybody with pipelined, variadic GEOADD.
    pub(crate) fn load(&mut self, people: impl Iterator<Item = Place>) -> Result<(), String> {
        let mut people = (0..).zip(people).peekable();
        while people.peek().is_some() {
            let mut pipeline = Pipeline::with_capacity(PIPELINE);
            for _ in 0..PIPELINE {
                if people.peek().is_none() {
                    break;
                }
                pipeline.cmd("GEOADD").arg(KEY).ignore();
                for (number, Place { lat, lon }) in people.by_ref().take(BATCH) {
                    pipeline.arg(lon).arg(lat).arg(id(number));
                }
            }
            pipeline
                .exec(&mut self.connection)
                .map_err(|error| format!("load Redis: GEOADD: {error}"))?;
        }
        Ok(())
    }

    /// How many GEOSEARCH answers: the nearest `limit`, or all, sorted by distance.
    pub(crate) fn within(
        &mut self,
        Place { lat, lon }: Place,
        radius_m: f64,
        limit: Option<usize>,
    ) -> Result<usize, String> {
        let mut search = cmd("GEOSEARCH");
        search.arg(KEY).arg("FROMLONLAT").arg(lon).arg(lat);
        search.arg("BYRADIUS").arg(radius_m / 1_000.0).arg("km");
        search.arg("ASC");
        if let Some(limit) = limit {
            search.arg("COUNT").arg(limit);
        }
        match search.query(&mut self.connection) {
            Ok(Value::Array(found)) => Ok(found.len()),
            Ok(other) => Err(format!("ask Redis: GEOSEARCH answered {other:?}")),
            Err(error) => Err(format!("ask Redis: GEOSEARCH: {error}")),
        }
    }

    /// Starts counting costs anew.
    pub(crate) fn forget_costs(&mut self) -> Result<(), String> {
        cmd("CONFIG")
            .arg("RESETSTAT")
            .exec(&mut self.connection)
            .map_err(|error| format!("reset what Redis counts: {error}"))
    }

    /// What GEOSEARCH cost since then.
    pub(crate) fn cost(&mut self) -> Result<Cost, String> {
        let statistics: String = cmd("INFO")
            .arg("commandstats")
            .query(&mut self.connection)
            .map_err(|error| format!("read what Redis counts: {error}"))?;
        cost_of("geosearch", &statistics)
            .ok_or_else(|| "Redis counts no GEOSEARCH in its commandstats".to_owned())
    }
}

/// `cmdstat_geosearch:calls=5,usec=50,usec_per_call=10.00,…`
fn cost_of(command: &str, statistics: &str) -> Option<Cost> {
    let line = statistics.lines().find_map(|line| {
        line.strip_prefix("cmdstat_")?
            .strip_prefix(command)?
            .strip_prefix(':')
    })?;
    let field = |name| {
        let fields = line.trim().split(',');
        fields
            .filter_map(|field| field.split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    };
    Some(Cost {
        calls: field("calls")?.parse().ok()?,
        us_per_call: field("usec_per_call")?.parse().ok()?,
    })
}

/// Keeps a redis-server and its folder for as long as its standard input is open, which is as long
/// as the bench lives, however that ends.
const KEEPER: &str = r#"
trap '' INT TERM HUP
folder=$1; shift
command -v redis-server >/dev/null && mkdir "$folder" || exit
redis-server "$@" --dir "$folder" </dev/null >"$folder/redis.log" 2>&1 &
echo $!
cat >/dev/null
kill -9 $!
wait
rm -r "$folder"
"#;

struct Server {
    keeper: Child,
    /// The process that the keeper started.
    redis: u32,
    folder: PathBuf,
    port: u16,
}

impl Server {
    fn start() -> Result<Self, String> {
        let failed = |error| format!("start a redis-server: {error}");
        let port = free_port().map_err(failed)?;
        let name = format!("nearcast-bench-{}-{port}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let mut keeper = spawn(&folder, port).map_err(failed)?;
        let mut pid = String::new();
        if let Some(said) = &mut keeper.stdout {
            BufReader::new(said).read_line(&mut pid).map_err(failed)?;
        }
        let Ok(redis) = pid.trim().parse() else {
            let _ = keeper.wait();
            return Err("start a redis-server: there is none here; `cargo xtask test` installs it, as does Debian's package redis-server".to_owned());
        };
        Ok(Self {
            keeper,
            redis,
            folder,
            port,
        })
    }

    /// Waits until it answers, or says what its log says.
    fn connect(&mut self) -> Result<Connection, String> {
        let started = Instant::now();
        loop {
            let why = match greet(self.port) {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            let ended = Rss::of(self.redis).is_err();
            if ended || started.elapsed() > START_WITHIN {
                let log = fs::read_to_string(log(&self.folder)).unwrap_or_default();
                let last = log.lines().last().unwrap_or("its log is empty");
                return Err(format!(
                    "connect to the started redis-server: {why} ({last})"
                ));
            }
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Fails only when it is gone already.
        let _ = self.keeper.wait();
    }
}

fn spawn(folder: &Path, port: u16) -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", KEEPER, "sh"])
        .arg(folder)
        .args(["--bind", "127.0.0.1", "--port"])
        .arg(port.to_string())
        .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

fn log(folder: &Path) -> PathBuf {
    folder.join("redis.log")
}

fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

fn greet(port: u16) -> Result<Connection, RedisError> {
    let client = Client::open(format!("redis://127.0.0.1:{port}"))?;
    let mut connection = client.get_connection()?;
    cmd("PING").exec(&mut connection)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place = Place {
        lat: 48.2082,
        lon: 16.3738,
    };

    fn north(km: f64) -> Place {
        Place {
            lat: HERE.lat + km / 111.195,
            ..HERE
        }
    }

    #[test]
    fn a_redis_of_our_own_finds_who_is_near_and_goes_with_us() {
        let mut redis = Redis::start().unwrap();
        let folder = redis.server.folder.clone();
        let people = (1..=20).map(|km| north(f64::from(km) - 0.5));
        redis.load(people).unwrap();
        redis.forget_costs().unwrap();
        assert_eq!(redis.within(HERE, 8_000.0, None), Ok(8));
        assert_eq!(redis.within(HERE, 8_000.0, Some(3)), Ok(3));
        let cost = redis.cost().unwrap();
        assert!(cost.calls == 2 && cost.us_per_call > 0.0, "{cost:?}");
        assert!(redis.rss().unwrap().now_gb > 0.0);
        drop(redis);
        assert!(!folder.exists());
    }

    #[test]
    fn everybody_is_loaded_whatever_the_batch() {
        let mut redis = Redis::start().unwrap();
        let count = BATCH * PIPELINE + BATCH + 1;
        redis.load(std::iter::repeat_n(HERE, count)).unwrap();
        assert_eq!(redis.within(HERE, 1.0, None), Ok(count));
    }

    #[test]
    fn costs_are_read_from_the_right_line() {
        let statistics = "# Commandstats\r\n\
            cmdstat_geosearchstore:calls=1,usec=9,usec_per_call=9.00\r\n\
            cmdstat_geosearch:calls=5,usec=51,usec_per_call=10.20,rejected_calls=0\r\n";
        let cost = Cost {
            calls: 5,
            us_per_call: 10.2,
        };
        assert_eq!(cost_of("geosearch", statistics), Some(cost));
        assert_eq!(cost_of("geoadd", statistics), None);
    }
}
