//! How a user shares, and until when.

use crate::server::{As, Server};

const SHARING: &str = "/v1/users/ann/sharing";

#[tokio::test]
async fn sharing_changes_what_is_named_and_nothing_else() {
    let server = Server::start().await;
    let put = async |body: &str| server.ask(As::User("ann"), "PUT", SHARING, body).await;
    let all = put(r#"{"sharing":"approximate","strangers_consent":true,"history":false}"#).await;
    let all = all.json();
    assert_eq!(all["sharing"], "approximate");
    assert_eq!(all["strangers_consent"], true);
    assert_eq!(all["history"], false);
    let one = put(r#"{"strangers_consent":false}"#).await.json();
    assert_eq!(one["sharing"], "approximate");
    assert_eq!(one["strangers_consent"], false);
    assert_eq!(server.get(As::Server, SHARING).await.json(), one);
}

#[tokio::test]
async fn a_timed_sharing_has_an_end_within_a_year() {
    let server = Server::start().await;
    let put = async |body: String| server.ask(As::User("ann"), "PUT", SHARING, &body).await;
    let until = server.site.clock.now_ms() + 60_000;
    let timed = put(format!(r#"{{"sharing":"exact","until":{until}}}"#)).await;
    assert_eq!(timed.json()["until"], until, "{timed:?}");
    let open = put(r#"{"sharing":"exact"}"#.to_owned()).await.json();
    assert_eq!(open.get("until"), None);
    for bad in [
        format!(r#"{{"until":{until}}}"#),
        r#"{"sharing":"exact","until":1}"#.to_owned(),
        format!(
            r#"{{"sharing":"exact","until":{}}}"#,
            until + 400 * 86_400_000
        ),
        r#"{"sharing":"exact","until":-1}"#.to_owned(),
        r#"{"sharing":"everything"}"#.to_owned(),
        r#"{"strangers_consent":"yes"}"#.to_owned(),
    ] {
        let refused = put(bad.clone()).await;
        assert_eq!(refused.status, 400, "{bad}: {refused:?}");
        refused.problem();
    }
}
