//! Somebody whom nobody answers, at times that are made up.

use nearcast::clock::Clock;
use nearcast::wire::Encoding;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::drive::Order;
use crate::scenario::Scenario;
use crate::setup::Setup;
use crate::tally::Tally;
use crate::target::Keys;

/// One person, who calls as the run begins.
fn order(listener: &TcpListener) -> Order {
    let mut scenario = Scenario {
        people: 1,
        ..Scenario::default()
    };
    (scenario.sessions.arrive_over_s, scenario.sessions.json) = (0.0, 1.0);
    Order {
        scenario,
        tracks: None,
        faster: 1.0,
        seed: 1,
        run: "l1".to_owned(),
        part: 0,
        parts: 1,
        url: format!("http://{}", listener.local_addr().unwrap()),
        keys: Keys::throw_away(),
        sources: Vec::new(),
        // To wait costs nothing here, and no machine is so slow that it is not ready by then.
        begins_ms: Clock::start().now_ms() + 60_000,
        lasts_ms: 20_000,
        freshness_ms: 3000,
        setup: Setup {
            ttl: Duration::from_secs(600),
            move_min: 10.0,
            precision: 6,
            epoch: Duration::from_secs(15),
        },
        one_of: 1,
    }
}

/// The run to its end, or until it is told to end.
async fn ran(order: Order, stop: impl Future<Output = ()>) -> Tally {
    let town = order.town().unwrap();
    let play = order.play(town).unwrap();
    let mut tally = Tally::new(1, None);
    play.run(None, |second| tally.add(&second), stop)
        .await
        .unwrap();
    tally
}

/// How often she was refused, and how long she waited, ms.
fn refused(tally: &Tally) -> (u64, Option<f64>) {
    let mut waited = crate::tally::Delays::default();
    for second in tally.seconds() {
        waited.merge(&second.connecting);
    }
    (tally.faults.count(Fault::Refused), waited.ms(1.0))
}

/// The upgrade, and no word after it.
async fn upgrade(stream: &mut BufReader<TcpStream>) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        stream.read_line(&mut head).await.unwrap();
    }
    let protocol = Encoding::Json.subprotocol();
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-protocol: {protocol}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}

fn is_about(ms: Option<f64>, expected_ms: f64) {
    let ms = ms.unwrap();
    assert!((ms - expected_ms).abs() < 1500.0, "{ms} ms");
}

#[tokio::test(start_paused = true)]
async fn whose_upgrade_is_never_answered_is_refused_when_the_run_ends() {
    // The system takes the connection, and nobody accepts it.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut order = order(&listener);
    order.lasts_ms = 10_000;
    let (count, waited_ms) = refused(&ran(order, std::future::pending()).await);
    assert_eq!(count, 1);
    is_about(waited_ms, 10_000.0);
}

#[tokio::test(start_paused = true)]
async fn whose_hello_is_never_answered_is_refused_when_the_run_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let order = order(&listener);
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        upgrade(&mut stream).await;
        std::future::pending::<()>().await;
    });
    let tally = ran(order, std::future::pending()).await;
    let (count, waited_ms) = refused(&tally);
    assert_eq!(count, 1, "{:?}", tally.faults);
    is_about(waited_ms, 20_000.0);
}

#[tokio::test(start_paused = true)]
async fn who_is_cut_off_while_she_connects_is_counted_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stop = async { sleep_until(Instant::now() + Duration::from_secs(8)).await };
    let tally = ran(order(&listener), stop).await;
    let (count, waited_ms) = refused(&tally);
    assert_eq!(count, 1, "{:?}", tally.faults);
    is_about(waited_ms, 8000.0);
}

#[tokio::test(start_paused = true)]
async fn who_has_just_called_when_the_run_ends_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut order = order(&listener);
    order.scenario.sessions.arrive_over_s = 20.0;
    let calls_at = |order: &Order| order.town().unwrap().course(0).next().unwrap().0;
    while calls_at(&order) < Duration::from_secs(6) {
        order.seed += 1;
    }
    // Within the next second but one, less than the freshness.
    order.lasts_ms = 1000 * (calls_at(&order).as_secs() + 2);
    let tally = ran(order, std::future::pending()).await;
    assert_eq!(refused(&tally), (0, None), "{:?}", tally.faults);
}
