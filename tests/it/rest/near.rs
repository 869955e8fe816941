//! Positions and who is near, without a socket.

use nearcast::wire::server::Event;
use nearcast::wire::{Encoding, decode_server};
use serde_json::json;

use crate::server::{As, Server};

const CAFE: &str = r#"{"lat":37.5665,"lon":126.978,"accuracy_m":5}"#;
/// About 440 m to the east.
const PARK: &str = r#"{"lat":37.5665,"lon":126.983,"heading_deg":90,"speed_mps":1.25}"#;

async fn town() -> Server {
    let server = Server::start().await;
    server
        .ask(
            As::Server,
            "PUT",
            "/v1/users/bob",
            r#"{"name":"Bob \"B\""}"#,
        )
        .await;
    server
        .ask(As::Server, "PUT", "/v1/users/ann/friends/bob", "")
        .await;
    for (user, position) in [("ann", CAFE), ("bob", PARK)] {
        let path = format!("/v1/users/{user}/position");
        let taken = server.ask(As::User(user), "POST", &path, position).await;
        assert_eq!((taken.status, taken.json()), (200, json!({})));
    }
    server
}

#[tokio::test]
async fn a_friend_who_reported_is_near() {
    let server = town().await;
    let near = server
        .get(As::User("ann"), "/v1/users/ann/nearby")
        .await
        .json();
    assert_eq!(near["mode"], "friends");
    assert_eq!(near["total"], 1);
    assert_eq!(near.get("next"), None);
    let bob = &near["people"][0];
    assert_eq!(
        (&bob["user"], &bob["name"]),
        (&json!("bob"), &json!("Bob \"B\""))
    );
    assert_eq!(
        (&bob["lat"], &bob["lon"]),
        (&json!(37.5665), &json!(126.983))
    );
    let distance = bob["distance_m"].as_f64().unwrap();
    assert!((435.0..450.0).contains(&distance), "{distance}");
    let close = server
        .get(As::User("ann"), "/v1/users/ann/nearby?radius_m=200")
        .await
        .json();
    assert_eq!((&close["people"], &close["total"]), (&json!([]), &json!(0)));
}

#[tokio::test]
async fn a_person_is_written_as_over_the_socket() {
    let server = town().await;
    let near = server.get(As::User("ann"), "/v1/users/ann/nearby").await;
    let (_, people) = near.body.split_once("\"people\":").unwrap();
    let frame = format!(r#"{{"nearby":{{"seq":1,"mode":"friends","people":{people}}}"#);
    let message = decode_server(Encoding::Json, frame.as_bytes()).unwrap();
    let Event::Nearby(nearby) = &message.body else {
        panic!("{message:?}")
    };
    assert_eq!(nearby.people.len(), 1);
    let mut again = Vec::new();
    nearcast::wire::encode_server(Encoding::Json, &message, &mut again);
    assert_eq!(String::from_utf8(again).unwrap(), frame);
}

#[tokio::test]
async fn pages_of_who_is_near_name_everybody_once() {
    let server = town().await;
    for friend in ["cid", "dan"] {
        server
            .ask(
                As::Server,
                "PUT",
                &format!("/v1/users/ann/friends/{friend}"),
                "",
            )
            .await;
        let path = format!("/v1/users/{friend}/position");
        server.ask(As::Server, "POST", &path, PARK).await;
    }
    let mut found = Vec::new();
    let mut path = "/v1/users/ann/nearby?limit=1".to_owned();
    loop {
        let page = server.get(As::User("ann"), &path).await.json();
        assert_eq!(page["total"], 3);
        found.push(page["people"][0]["user"].as_str().unwrap().to_owned());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/v1/users/ann/nearby?limit=1&cursor={next}");
    }
    found.sort();
    assert_eq!(found, ["bob", "cid", "dan"]);
}

#[tokio::test]
async fn the_backend_finds_everybody_in_a_circle_nearest_first() {
    let server = town().await;
    let within = async |query: &str| {
        let path = format!("/v1/within?lat=37.5665&lon=126.978&{query}");
        server.get(As::Server, &path).await.json()["people"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["user"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(within("radius_m=1000").await, ["ann", "bob"]);
    assert_eq!(within("radius_m=1000&limit=1").await, ["ann"]);
    assert_eq!(within("radius_m=100").await, ["ann"]);
    server
        .ask(
            As::User("ann"),
            "PUT",
            "/v1/users/ann/sharing",
            r#"{"sharing":"off"}"#,
        )
        .await;
    assert_eq!(within("radius_m=1000").await, ["bob"]);
}

#[tokio::test]
async fn what_is_no_position_or_question_is_refused_by_name() {
    let server = town().await;
    for (body, named) in [
        ("{}", "lat"),
        (r#"{"lat":91,"lon":0}"#, "lat"),
        (r#"{"lat":0,"lon":181}"#, "lon"),
        (r#"{"lat":"0","lon":0}"#, "lat"),
        (r#"{"lat":1e999,"lon":0}"#, "lat"),
        (r#"{"lat":0,"lon":0,"accuracy_m":-1}"#, "accuracy_m"),
        (r#"{"lat":0,"lon":0,"heading_deg":361}"#, "heading_deg"),
        (r#"{"lat":0,"lon":0,"at":-1}"#, "at"),
        ("[0,0]", "invalid type"),
        ("", "malformed JSON"),
    ] {
        let answer = server
            .ask(As::User("ann"), "POST", "/v1/users/ann/position", body)
            .await;
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert!(answer.problem().contains(named), "{body}: {answer:?}");
    }
    for (query, named) in [
        ("mode=enemies", "mode"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("radius_m=99", "radius_m"),
        ("radius_m=50001", "radius_m"),
        ("radius_m=NaN", "radius_m"),
        ("radius_m=near", "radius_m"),
        ("cursor=", "cursor"),
        ("cursor=0011", "cursor"),
        ("limit=1&limit=2", "limit"),
    ] {
        let answer = server
            .get(As::User("ann"), &format!("/v1/users/ann/nearby?{query}"))
            .await;
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
        assert!(answer.problem().contains(named), "{query}: {answer:?}");
    }
    for (query, named) in [
        ("", "lat"),
        ("lat=1&lon=1", "radius_m"),
        ("lat=1&radius_m=1", "lon"),
        ("lat=inf&lon=1&radius_m=1", "lat"),
        ("lat=1&lon=1&radius_m=0", "radius_m"),
        ("lat=1&lon=1&radius_m=1&limit=1001", "limit"),
    ] {
        let answer = server.get(As::Server, &format!("/v1/within?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
        assert!(answer.problem().contains(named), "{query}: {answer:?}");
    }
}
