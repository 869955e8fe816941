//! What phones hear: frames decoded into views and into lines, with what a client may rely on
//! checked of each.

use nearcast::broker::SessionId;
use nearcast::wire::server::{Changes, FriendBuf, Nearby, PersonBuf, WhoBuf};
use nearcast::wire::{Event, Mode, Person, decode_server};
use nearcast_grid::distance_m;

use super::{Phone, Town};
use crate::places::{Place, name_of};

impl Town {
    /// Everything heard since this was last asked.
    pub(crate) fn heard_by(&mut self, phone: Phone) -> Vec<String> {
        std::mem::take(&mut self.screens[phone.0].heard)
    }

    pub(crate) fn session(&self, phone: Phone) -> SessionId {
        self.screens[phone.0].session
    }

    /// Everybody in a circle, the nearest first.
    pub(crate) fn within(&mut self, centre: Place, radius_m: f64) -> Vec<String> {
        let mut users = Vec::new();
        self.workers[1].within(centre.position(), radius_m, 100, self.now, |person| {
            let Person::Friend(person) = person else {
                panic!("within answers users");
            };
            users.push(person.user.to_owned());
        });
        users
    }

    /// Frames since the beginning.
    pub(crate) fn frames_to(&self, phone: Phone) -> usize {
        self.screens[phone.0].frames
    }

    /// The last friend in any frame, with all that was said of her.
    pub(crate) fn last_friend_told(&self, phone: Phone) -> FriendBuf {
        self.screens[phone.0].told.clone().unwrap()
    }

    /// Friends whom the phone shows, and where.
    pub(crate) fn friends_of(&self, phone: Phone) -> Vec<String> {
        let friends = self.screens[phone.0].friends.iter();
        friends
            .map(|(user, place)| format!("{user} at {place}"))
            .collect()
    }

    /// Strangers whom the phone shows, by who they really are.
    pub(crate) fn strangers_of(&mut self, phone: Phone) -> Vec<String> {
        let aliases: Vec<String> = self.screens[phone.0].strangers.keys().cloned().collect();
        let mut users: Vec<String> = aliases
            .iter()
            .map(|alias| self.really(phone.0, alias))
            .collect();
        users.sort();
        users
    }

    /// The aliases that the phone shows.
    pub(crate) fn aliases_of(&self, phone: Phone) -> Vec<String> {
        self.screens[phone.0].strangers.keys().cloned().collect()
    }

    pub(super) fn really(&mut self, screen: usize, alias: &str) -> String {
        let viewer = self.screens[screen].user.clone();
        self.workers[0]
            .resolve(&viewer, alias, self.now)
            .unwrap_or_else(|_| "somebody".to_owned())
    }

    /// What a frame is to the client.
    pub(super) fn hear(&mut self, number: usize, frame: &[u8]) {
        let screen = &mut self.screens[number];
        screen.frames += 1;
        screen.seq += 1;
        let seq = screen.seq;
        match decode_server(screen.encoding, frame).unwrap().body {
            Event::Nearby(list) => {
                assert_eq!((list.seq, list.page), (seq, false), "seq grows by one");
                self.hear_list(number, &list);
            }
            Event::Changes(changes) => {
                assert_eq!(
                    (changes.seq, changes.at),
                    (seq, self.now),
                    "seq grows by one"
                );
                self.hear_changes(number, &changes);
            }
            other => panic!("the broker says only nearby and changes, not {other:?}"),
        }
    }

    fn hear_list(&mut self, number: usize, list: &Nearby) {
        let screen = &mut self.screens[number];
        match list.mode {
            Mode::Friends => screen.friends.clear(),
            Mode::Strangers => screen.strangers.clear(),
        }
        let people = list.people.iter();
        let people: Vec<String> = people.map(|person| self.shows(number, person)).collect();
        let people = if people.is_empty() {
            "nobody".to_owned()
        } else {
            people.join(", ")
        };
        let line = format!("{}: {people}", list.mode);
        self.screens[number].heard.push(line);
    }

    fn hear_changes(&mut self, number: usize, changes: &Changes) {
        for person in &changes.moved {
            assert!(self.knows(number, person), "{person:?} was never sent");
            let line = self.shows(number, person).replace(" at ", " moved to ");
            self.screens[number].heard.push(line);
        }
        for person in &changes.entered {
            let line = self.shows(number, person).replace(" at ", " entered at ");
            self.screens[number].heard.push(line);
        }
        for exit in &changes.exited {
            let both = changes
                .entered
                .iter()
                .any(|one| one.who() == exit.who.as_who());
            assert!(!both, "{exit:?} came and went in one frame");
            let screen = &mut self.screens[number];
            let (gone, who) = match &exit.who {
                WhoBuf::User(user) => (screen.friends.remove(user.as_str()), user.to_string()),
                WhoBuf::Alias(alias) => {
                    let gone = screen.strangers.remove(alias);
                    (gone, format!("stranger {}", self.really(number, alias)))
                }
            };
            assert!(gone.is_some(), "{who} exited and was not shown");
            let line = format!("{who} exited: {}", exit.why);
            self.screens[number].heard.push(line);
        }
        if let Some(cell) = changes.cells.first() {
            let line = format!("listens around {cell}");
            self.screens[number].heard.push(line);
        }
    }

    /// Whether somebody who moved was sent before; who moves has no name any more.
    fn knows(&self, number: usize, person: &PersonBuf) -> bool {
        let screen = &self.screens[number];
        match person {
            PersonBuf::Friend(friend) => {
                assert!(friend.name.is_none() && friend.avatar_url.is_none());
                screen.friends.contains_key(friend.user.as_str())
            }
            PersonBuf::Stranger(stranger) => screen.strangers.contains_key(&stranger.alias),
        }
    }

    /// Puts a person into the client's view and says her as a line.
    pub(super) fn shows(&mut self, number: usize, person: &PersonBuf) -> String {
        let who = self.who(number, person);
        let screen = &mut self.screens[number];
        match person {
            PersonBuf::Friend(friend) => {
                assert!(friend.seen_at <= self.now);
                screen.told = Some(friend.clone());
                let place = name_of(friend.position);
                if !friend.approximate && screen.on {
                    let metres = distance_m(screen.place.position(), friend.position);
                    let told = friend.distance_m;
                    // Of a short move only the phone knows.
                    assert!(
                        (told - metres).abs() < 10.0,
                        "{who} at {metres} m, told {told}"
                    );
                }
                screen
                    .friends
                    .insert(friend.user.to_string(), place.clone());
                let named = friend.name.as_ref();
                let named = named.map_or_else(String::new, |name| format!(" ({name})"));
                format!("{who}{named} at {place}")
            }
            PersonBuf::Stranger(stranger) => {
                let place = name_of(stranger.centre);
                screen
                    .strangers
                    .insert(stranger.alias.clone(), place.clone());
                format!("{who} at {place}")
            }
        }
    }

    pub(super) fn who(&mut self, number: usize, person: &PersonBuf) -> String {
        match person {
            PersonBuf::Friend(friend) => friend.user.to_string(),
            PersonBuf::Stranger(stranger) => {
                format!("stranger {}", self.really(number, &stranger.alias))
            }
        }
    }
}
