//! What the server says, as lines; of every message it is checked what a client may rely on.

use nearcast::client::Untold;
use nearcast::wire::server::{Changes, Nearby, PersonBuf, WhoBuf};
use nearcast::wire::{Close, Event, Mode, UserId};

use super::phone::Phone;
use crate::places::name_of;

impl Phone {
    pub(super) async fn hear(&mut self, event: &Event) {
        let before = self.list.clone();
        match self.list.apply(event) {
            Ok(()) => {}
            // A complete list after a return: what was missed is in it.
            Err(Untold::Seq { .. }) if self.so_far.last().is_some_and(|l| l == "welcome back") => {}
            Err(untold) => panic!("{}: {untold:?} {event:?}; before: {before:?}", self.user),
        }
        let line = match event {
            Event::Welcome(welcome) if welcome.resumed => "welcome back".to_owned(),
            Event::Welcome(_) => "welcome".to_owned(),
            Event::Nearby(nearby) => self.list_line(nearby).await,
            Event::Changes(changes) => return self.hear_changes(changes).await,
            Event::Met(met) => {
                let known = self.aliases.get(&met.alias).map(String::as_str);
                assert!(known.is_none_or(|user| user == met.user), "{met:?}");
                format!("met {}", met.user)
            }
            Event::Request(request) => format!("request of {}", request.user),
            Event::Ping => "ping".to_owned(),
            Event::Ok(ok) => match ok.margin_m {
                Some(margin_m) => format!("ok, margin {margin_m}"),
                None => "ok".to_owned(),
            },
            Event::Error(error) => {
                assert_eq!(error.temporary, matches!(error.code, 100 | 111));
                format!("error {}: {}", error.code, error.message)
            }
            Event::Goodbye(goodbye) => {
                let known = Close::ALL
                    .iter()
                    .find(|close| u32::from(close.code()) == goodbye.code)
                    .unwrap_or_else(|| panic!("{goodbye:?}"));
                assert_eq!(goodbye.reconnect, known.reconnect());
                assert_eq!(goodbye.after_ms.is_some(), goodbye.code == 3001);
                format!("goodbye {}", goodbye.code)
            }
        };
        self.heard.push_back(line);
    }

    async fn list_line(&mut self, nearby: &Nearby) -> String {
        assert!(nearby.people.len() <= nearby.total as usize, "{nearby:?}");
        self.next_page.clone_from(&nearby.next);
        let mut people = Vec::new();
        let mut farthest = 0.0;
        for person in &nearby.people {
            let distance_m = match person {
                PersonBuf::Friend(friend) => friend.distance_m,
                PersonBuf::Stranger(stranger) => stranger.distance_m,
            };
            assert!(distance_m >= farthest, "sorted by distance");
            farthest = distance_m;
            people.push(self.person(person, " at ").await);
        }
        if people.is_empty() {
            people.push("nobody".to_owned());
        }
        let shown = nearby.people.len();
        let mut people = people.join(", ");
        if shown < nearby.total as usize && nearby.next.is_none() {
            people.push_str(&format!(" of {}", nearby.total));
        }
        if nearby.next.is_some() {
            people.push_str(" …");
        }
        let page = if nearby.page { "page of " } else { "" };
        format!("{page}{}: {people}", nearby.mode)
    }

    async fn hear_changes(&mut self, changes: &Changes) {
        for person in &changes.moved {
            let line = self.person(person, " moved to ").await;
            self.heard.push_back(line);
        }
        for person in &changes.entered {
            let line = self.person(person, " entered at ").await;
            self.heard.push_back(line);
        }
        for exit in &changes.exited {
            let who = match &exit.who {
                WhoBuf::User(user) => user.to_string(),
                WhoBuf::Alias(alias) => self.stranger(alias).await,
            };
            self.heard.push_back(format!("{who} exited: {}", exit.why));
        }
        if let Some(own) = changes.cells.first() {
            self.heard.push_back(format!("listens around {own}"));
        }
    }

    async fn person(&mut self, person: &PersonBuf, does: &str) -> String {
        match person {
            PersonBuf::Friend(friend) => {
                let vague = friend.accuracy_m.is_none()
                    && friend.heading_deg.is_none()
                    && friend.speed_mps.is_none();
                assert!(vague || !friend.approximate, "{friend:?}");
                let (user, place) = (&friend.user, name_of(friend.position));
                let name = friend.name.as_ref();
                let name = name.map_or_else(String::new, |name| format!(" ({name})"));
                format!("{user}{name}{does}{place}")
            }
            PersonBuf::Stranger(stranger) => {
                let who = self.stranger(&stranger.alias).await;
                let place = name_of(stranger.centre);
                let name = stranger.name.as_ref();
                let name = name.map_or_else(String::new, |name| format!(" ({name})"));
                format!("{who}{name}{does}{place}")
            }
        }
    }

    /// Who a stranger really is: moderation may know.
    async fn stranger(&mut self, alias: &str) -> String {
        if !self.aliases.contains_key(alias) {
            let resolved = self.accounts.resolve(&self.user, alias).await;
            let user = resolved.unwrap_or_else(|_| UserId::new("somebody").unwrap());
            self.aliases.insert(alias.to_owned(), user.to_string());
        }
        format!("stranger {}", self.aliases[alias])
    }

    /// Who is shown in a mode, sorted.
    pub(crate) fn shows(&self, mode: Mode) -> Vec<String> {
        let mut shown: Vec<String> = match mode {
            Mode::Friends => self.list.friends.keys().map(ToString::to_string).collect(),
            Mode::Strangers => {
                let aliases = self.list.strangers.keys();
                aliases.map(|alias| self.aliases[alias].clone()).collect()
            }
        };
        shown.sort();
        shown
    }
}
