//! One example of every message, and of every shape a message can have: the golden files.

use nearcast_grid::Position;

use crate::wire::client::{Complaint, Hello, Page, Settings, Target};
use crate::wire::server::{
    Changes, ExitBuf, FriendBuf, Met, Nearby, OkReply, PersonBuf, Request, StrangerBuf, Welcome,
    WhoBuf,
};
use crate::wire::{
    ClientMessage, Close, Command, ErrorCode, Event, Heartbeat, Mode, Modes, Move, Seen,
    ServerMessage, Sharing, UserId, Why,
};

const NOON: u64 = 1_795_000_000_000;

fn at(lat: f64, lon: f64) -> Position {
    Position::new(lat, lon).unwrap()
}

fn user(text: &str) -> UserId {
    UserId::new(text).unwrap()
}

fn seoul() -> Move {
    Move {
        position: at(37.5665, 126.978),
        accuracy_m: Some(12.5),
        heading_deg: Some(271.5),
        speed_mps: Some(1.5),
        at: Some(NOON),
    }
}

/// By file name; the part before the first `-` is the message.
pub(super) fn client_messages() -> Vec<(&'static str, ClientMessage)> {
    let named = |name, id, body| (name, ClientMessage { id, body });
    vec![
        named(
            "hello",
            Some(1),
            Command::Hello(Hello {
                token: Some("eyJhbGciOiJIUzI1NiJ9.e30.c2ln".to_owned()),
                position: Some(Move::to(at(37.5665, 126.978))),
                ..Hello::default()
            }),
        ),
        named(
            "hello-complete",
            Some(u32::MAX),
            Command::Hello(Hello {
                token: Some("eyJhbGciOiJIUzI1NiJ9.e30.c2ln".to_owned()),
                position: Some(seoul()),
                modes: Some(Modes::BOTH),
                radius_m: Some(5000.0),
                resume: Some("r-7f3a".to_owned()),
                seq: Some(41),
                limit: Some(50),
                heartbeat: Some(Heartbeat::Message),
                observe: true,
            }),
        ),
        named(
            "move",
            None,
            Command::Move(Move::to(at(-33.8567844, 151.2152967))),
        ),
        named("move-complete", Some(2), Command::Move(seoul())),
        named("nearby", Some(3), Command::Nearby(Page::default())),
        named(
            "nearby-page",
            Some(4),
            Command::Nearby(Page {
                mode: Some(Mode::Strangers),
                cursor: Some("c-20".to_owned()),
                limit: Some(100),
            }),
        ),
        named("follow", Some(5), Command::Follow { user: user("bob") }),
        named(
            "unfollow",
            Some(6),
            Command::Unfollow {
                user: user("김민준"),
            },
        ),
        named(
            "settings",
            Some(7),
            Command::Settings(Settings {
                modes: Some(Modes::STRANGERS),
                radius_m: Some(1609.5),
                sharing: Some(Sharing::Approximate),
                sharing_for_s: Some(3600),
            }),
        ),
        named(
            "refresh",
            Some(8),
            Command::Refresh {
                token: "eyJhbGciOiJIUzI1NiJ9.e30.bmV3".to_owned(),
            },
        ),
        named(
            "wave",
            Some(9),
            Command::Wave {
                alias: "a-5tq0".to_owned(),
            },
        ),
        named(
            "block",
            Some(10),
            Command::Block(Complaint {
                about: Target::User(user("carol")),
                reason: None,
            }),
        ),
        named(
            "report",
            Some(11),
            Command::Report(Complaint {
                about: Target::Alias("a-5tq0".to_owned()),
                reason: Some("says \"buy now\" to everybody".to_owned()),
            }),
        ),
        named("pong", None, Command::Pong),
        named("bye", Some(12), Command::Bye),
    ]
}

/// As [`client_messages`].
pub(super) fn server_messages() -> Vec<(&'static str, ServerMessage)> {
    let named = |name, id, body| (name, ServerMessage { id, body });
    vec![
        named("welcome", Some(1), Event::Welcome(welcome())),
        named(
            "welcome-strangers",
            Some(1),
            Event::Welcome(Welcome {
                resumed: true,
                modes: Modes::BOTH,
                sharing: Sharing::Approximate,
                sharing_until: Some(NOON + 3_600_000),
                cells: vec!["wydm9".to_owned(), "wydmc".to_owned()],
                reach_m: Some(4891.5),
                ..welcome()
            }),
        ),
        named(
            "nearby",
            None,
            Event::Nearby(Nearby {
                seq: 1,
                page: false,
                mode: Mode::Friends,
                people: vec![PersonBuf::Friend(bob()), PersonBuf::Friend(approximate())],
                next: Some("c-20".to_owned()),
                total: 21,
            }),
        ),
        named(
            "nearby-page",
            Some(4),
            Event::Nearby(Nearby {
                seq: 1,
                page: true,
                mode: Mode::Strangers,
                people: vec![PersonBuf::Stranger(stranger())],
                next: None,
                total: 1,
            }),
        ),
        named(
            "nearby-empty",
            None,
            Event::Nearby(Nearby {
                seq: 2,
                page: false,
                mode: Mode::Strangers,
                people: vec![],
                next: None,
                total: 0,
            }),
        ),
        named("changes", None, Event::Changes(changes())),
        named(
            "changes-strangers",
            None,
            Event::Changes(Changes {
                seq: 43,
                at: NOON + 15_000,
                entered: vec![PersonBuf::Stranger(stranger())],
                exited: vec![ExitBuf {
                    who: WhoBuf::Alias("a-99xk".to_owned()),
                    why: Why::Inactive,
                }],
                cells: vec!["wydmc".to_owned(), "wydmf".to_owned()],
                ..Changes::default()
            }),
        ),
        named(
            "met",
            None,
            Event::Met(Met {
                user: "dave".to_owned(),
                alias: "a-5tq0".to_owned(),
                name: Some("Dave".to_owned()),
            }),
        ),
        named(
            "request",
            None,
            Event::Request(Request {
                user: "erin".to_owned(),
                name: Some("Erin".to_owned()),
            }),
        ),
        named("ping", None, Event::Ping),
        named("ok", Some(2), Event::Ok(OkReply { margin_m: None })),
        named(
            "ok-margin",
            Some(7),
            Event::Ok(OkReply {
                margin_m: Some(50.0),
            }),
        ),
        named(
            "error",
            Some(5),
            Event::Error(ErrorCode::BadRequest.reply("move.lat: 91 is outside -90..=90")),
        ),
        named(
            "error-temporary",
            None,
            Event::Error(ErrorCode::TooManyRequests.reply("more than limits.moves_per_s allows")),
        ),
        named(
            "goodbye",
            None,
            Event::Goodbye(
                Close::Shutdown.goodbye(Some(4200), Some("wss://b.example.org/v1/ws".to_owned())),
            ),
        ),
        named(
            "goodbye-final",
            None,
            Event::Goodbye(Close::SessionLimit.goodbye(None, None)),
        ),
    ]
}

fn welcome() -> Welcome {
    Welcome {
        user: user("ann"),
        session: "s-1".to_owned(),
        resume: "r-7f3a".to_owned(),
        resumed: false,
        server_time: NOON,
        ping_every_s: 25,
        move_every_s: 30,
        move_min_m: 10.0,
        radius_m: 8047.0,
        margin_m: 100.0,
        modes: Modes::FRIENDS,
        sharing: Sharing::Exact,
        sharing_until: None,
        cells: vec![],
        reach_m: None,
        node: "n1".to_owned(),
    }
}

fn changes() -> Changes {
    Changes {
        seq: 42,
        at: NOON + 3000,
        entered: vec![PersonBuf::Friend(bob())],
        moved: vec![
            PersonBuf::Friend(FriendBuf {
                user: user("carol"),
                position: at(37.57, 126.9769001),
                distance_m: 401.5,
                seen_at: NOON + 2500,
                ..nobody()
            }),
            PersonBuf::Friend(FriendBuf {
                user: user("at my place"),
                position: at(-0.0000001, -180.0),
                seen_at: NOON,
                ..nobody()
            }),
        ],
        exited: vec![ExitBuf {
            who: WhoBuf::User(user("dave")),
            why: Why::Radius,
        }],
        cells: vec![],
    }
}

fn nobody() -> FriendBuf {
    FriendBuf {
        user: user("nobody"),
        name: None,
        avatar_url: None,
        position: at(0.0, 0.0),
        distance_m: 0.0,
        seen_at: 0,
        approximate: false,
        accuracy_m: None,
        heading_deg: None,
        speed_mps: None,
    }
}

fn bob() -> FriendBuf {
    FriendBuf {
        user: user("bob"),
        name: Some("Bob \"the \\ builder\" 보비".to_owned()),
        avatar_url: Some("https://img.example.org/bob.png".to_owned()),
        position: at(37.5651, 126.98955),
        distance_m: 1033.7,
        seen_at: NOON - 1000,
        accuracy_m: Some(8.0),
        heading_deg: Some(90.0),
        speed_mps: Some(1.4),
        ..nobody()
    }
}

fn approximate() -> FriendBuf {
    FriendBuf {
        user: user("frank"),
        position: at(37.5677490, 126.9964600),
        distance_m: 1636.0,
        seen_at: NOON - 40_000,
        approximate: true,
        ..nobody()
    }
}

fn stranger() -> StrangerBuf {
    StrangerBuf {
        alias: "a-5tq0".to_owned(),
        cell: "wydm9q".to_owned(),
        centre: at(37.5677490, 126.9744873),
        distance_m: 967.2,
        seen: Seen::Recent,
        name: Some("D.".to_owned()),
    }
}
