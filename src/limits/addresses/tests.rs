use super::*;

const NOW: u64 = 1_700_000_000_000;

fn rules() -> AddressRules {
    AddressRules {
        connections: 10,
        connections_per_address: 3,
        addresses: 5,
        handshakes: Rate::per_second(2.0, 2),
        requests: Rate::per_second(5.0, 5),
        loopback: false,
        proxies: vec!["10.0.0.0/8".parse().expect("a network")],
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn many(addresses: &Arc<Addresses>, peer: &str) -> (Vec<Connection>, Full) {
    let mut held = Vec::new();
    loop {
        match addresses.connect(ip(peer)) {
            Ok(connection) => held.push(connection),
            Err(full) => return (held, full),
        }
    }
}

#[test]
fn an_address_has_so_many_connections_and_gets_one_back_for_one() {
    let addresses = Addresses::new(rules());
    let (mut held, full) = many(&addresses, "192.0.2.1");
    assert_eq!((held.len(), full), (3, Full::ConnectionsPerAddress));
    assert_eq!(addresses.connections(), 3);
    let other = addresses.connect(ip("192.0.2.2"));
    assert!(other.is_ok());
    held.pop();
    assert!(addresses.connect(ip("192.0.2.1")).is_ok());
}

#[test]
fn a_refused_connection_is_counted_nowhere() {
    let addresses = Addresses::new(rules());
    let (held, _) = many(&addresses, "192.0.2.1");
    assert!((0..100).all(|_| addresses.connect(ip("192.0.2.1")).is_err()));
    assert_eq!(addresses.connections(), 3);
    drop(held);
    assert_eq!(addresses.connections(), 0);
    assert_eq!(many(&addresses, "192.0.2.1").0.len(), 3);
}

#[test]
fn all_together_have_so_many_connections_loopback_and_proxies_too() {
    let addresses = Addresses::new(rules());
    for peer in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3"] {
        let (held, full) = many(&addresses, peer);
        assert_eq!((held.len(), full), (10, Full::Connections), "{peer}");
    }
    let loopback = true;
    addresses.set(AddressRules {
        loopback,
        ..rules()
    });
    assert_eq!(many(&addresses, "127.0.0.1").0.len(), 3);
}

#[test]
fn ipv6_counts_by_64_and_ipv4_in_ipv6_as_ipv4() {
    let addresses = Addresses::new(rules());
    let (_one, _) = many(&addresses, "2001:db8:0:1::1");
    assert!(addresses.connect(ip("2001:db8:0:1:ffff::2")).is_err());
    assert!(addresses.connect(ip("2001:db8:0:2::1")).is_ok());
    let (_two, _) = many(&addresses, "::ffff:192.0.2.1");
    assert!(addresses.connect(ip("192.0.2.1")).is_err());
}

#[test]
fn a_proxys_connection_is_its_clients() {
    let addresses = Addresses::new(rules());
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut connection = addresses.connect(ip("10.0.0.1")).expect("room");
        assert_eq!(connection.belongs_to(ip("192.0.2.1")), Ok(()));
        assert_eq!(connection.belongs_to(ip("192.0.2.1")), Ok(()));
        held.push(connection);
    }
    let mut fourth = addresses.connect(ip("10.0.0.1")).expect("room");
    let full = fourth.belongs_to(ip("192.0.2.1"));
    assert_eq!(full, Err(Full::ConnectionsPerAddress));
    held[0].belongs_to(ip("192.0.2.2")).expect("room");
    assert_eq!(fourth.belongs_to(ip("192.0.2.1")), Ok(()));
    drop((held, fourth));
    assert_eq!(addresses.connections(), 0);
    assert_eq!(many(&addresses, "192.0.2.1").0.len(), 3);
}

#[test]
fn handshakes_and_requests_have_rates_of_their_own() {
    let addresses = Addresses::new(rules());
    let client = ip("192.0.2.1");
    let handshakes = (0..10).filter(|_| addresses.handshake(client, NOW).is_ok());
    assert_eq!(handshakes.count(), 2);
    let requests = (0..10).filter(|_| addresses.request(client, NOW).is_ok());
    assert_eq!(requests.count(), 5);
    assert_eq!(addresses.handshake(client, NOW), Err(500));
    assert_eq!(addresses.handshake(client, NOW + 500), Ok(()));
    assert_eq!(addresses.request(client, NOW + 199), Err(1));
    let mut loopback = (0..1000).map(|_| addresses.request(ip("127.0.0.1"), NOW));
    assert!(loopback.all(|request| request.is_ok()));
}

#[test]
fn beyond_the_addresses_remembered_a_new_one_waits_for_one_to_be_forgotten() {
    let addresses = Addresses::new(rules());
    let client = |n: u8| ip(&format!("192.0.2.{n}"));
    assert!((0..5).all(|n| addresses.request(client(n), NOW).is_ok()));
    assert_eq!(addresses.request(client(5), NOW), Err(1000));
    assert_eq!(addresses.connect(client(5)).err(), Some(Full::Addresses));
    assert!(addresses.request(client(0), NOW).is_ok());
    let _held = addresses.connect(client(1)).expect("it is remembered");
    addresses.tidy(NOW + 200);
    assert_eq!(
        addresses.seen.len(),
        2,
        "who has a connection or a debt stays"
    );
    assert!(addresses.request(client(5), NOW + 200).is_ok());
    addresses.tidy(NOW + 10_000);
    assert_eq!(addresses.seen.len(), 1);
    assert_eq!(addresses.remembered.load(Ordering::Relaxed), 1);
}

#[test]
fn threads_that_come_and_go_leave_nothing_behind() {
    let addresses = Addresses::new(AddressRules {
        connections: 1000,
        connections_per_address: 2,
        ..rules()
    });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..2000_u32 {
                    let peer = ip(&format!("192.0.2.{}", n % 7));
                    drop(addresses.connect(peer));
                    if n % 50 == 0 {
                        addresses.tidy(NOW);
                    }
                }
            });
        }
    });
    addresses.tidy(NOW);
    assert_eq!(addresses.connections(), 0);
    assert!(addresses.seen.is_empty());
    assert_eq!(addresses.remembered.load(Ordering::Relaxed), 0);
}
