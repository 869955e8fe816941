//! Who is near, rebuilt from frames as every client does it.
//!
//! What tests compare with brute force. It repairs nothing: what the server had no right to say
//! is applied as far as it makes sense, and reported.

use std::collections::HashMap;

use crate::wire::server::{Changes, FriendBuf, Nearby, PersonBuf, StrangerBuf, WhoBuf};
use crate::wire::{Event, Mode, UserId};

/// The people a session shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    pub friends: HashMap<UserId, FriendBuf>,
    pub strangers: HashMap<String, StrangerBuf>,
    /// Cells that are listened to, own cell first.
    pub cells: Vec<String>,
    pub seq: u64,
}

/// What a server may not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untold {
    /// Of who was never sent complete.
    Moved(WhoBuf),
    /// Of who was not there.
    Exited(WhoBuf),
    /// A frame is missing, or came twice.
    Seq { expected: u64, found: u64 },
}

impl List {
    /// Applies what the server said.
    ///
    /// # Errors
    /// The first thing in it that breaks the protocol; the rest is applied all the same.
    pub fn apply(&mut self, event: &Event) -> Result<(), Untold> {
        match event {
            Event::Welcome(welcome) => {
                if !welcome.resumed {
                    *self = Self::default();
                }
                self.cells.clone_from(&welcome.cells);
                Ok(())
            }
            Event::Nearby(nearby) if !nearby.page => self.replace(nearby),
            Event::Changes(changes) => self.change(changes),
            _ => Ok(()),
        }
    }

    /// A mode that the client itself removed: it clears the list without exits.
    pub fn clear(&mut self, mode: Mode) {
        match mode {
            Mode::Friends => self.friends.clear(),
            Mode::Strangers => {
                self.strangers.clear();
                self.cells.clear();
            }
        }
    }

    /// Somebody of whom a frame may only say what is new.
    #[must_use]
    pub fn person(&self, who: &WhoBuf) -> Option<PersonBuf> {
        match who {
            WhoBuf::User(user) => self.friends.get(user).cloned().map(PersonBuf::Friend),
            WhoBuf::Alias(alias) => self.strangers.get(alias).cloned().map(PersonBuf::Stranger),
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.friends.len() + self.strangers.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn replace(&mut self, nearby: &Nearby) -> Result<(), Untold> {
        let in_order = self.count(nearby.seq);
        match nearby.mode {
            Mode::Friends => self.friends.clear(),
            Mode::Strangers => self.strangers.clear(),
        }
        for person in &nearby.people {
            self.enter(person);
        }
        in_order
    }

    fn change(&mut self, changes: &Changes) -> Result<(), Untold> {
        let mut verdict = self.count(changes.seq);
        for exit in &changes.exited {
            let was_there = match &exit.who {
                WhoBuf::User(user) => self.friends.remove(user).is_some(),
                WhoBuf::Alias(alias) => self.strangers.remove(alias).is_some(),
            };
            if !was_there {
                verdict = verdict.and_then(|()| Err(Untold::Exited(exit.who.clone())));
            }
        }
        for person in &changes.entered {
            self.enter(person);
        }
        for person in &changes.moved {
            let shifted = self.shift(person);
            verdict = verdict.and(shifted);
        }
        if !changes.cells.is_empty() {
            self.cells.clone_from(&changes.cells);
        }
        verdict
    }

    fn count(&mut self, found: u64) -> Result<(), Untold> {
        let expected = self.seq + 1;
        self.seq = found;
        if found == expected {
            return Ok(());
        }
        Err(Untold::Seq { expected, found })
    }

    fn enter(&mut self, person: &PersonBuf) {
        match person {
            PersonBuf::Friend(friend) => {
                self.friends.insert(friend.user.clone(), friend.clone());
            }
            PersonBuf::Stranger(stranger) => {
                let alias = stranger.alias.clone();
                self.strangers.insert(alias, stranger.clone());
            }
        }
    }

    /// Name and avatar stay: a move does not repeat them.
    fn shift(&mut self, person: &PersonBuf) -> Result<(), Untold> {
        let unknown = || Err(Untold::Moved(who(person)));
        match person {
            PersonBuf::Friend(now) => {
                let Some(friend) = self.friends.get_mut(&now.user) else {
                    return unknown();
                };
                let (name, avatar_url) = (friend.name.take(), friend.avatar_url.take());
                *friend = now.clone();
                friend.name = name;
                friend.avatar_url = avatar_url;
            }
            PersonBuf::Stranger(now) => {
                let Some(stranger) = self.strangers.get_mut(&now.alias) else {
                    return unknown();
                };
                let name = stranger.name.take();
                *stranger = now.clone();
                stranger.name = name;
            }
        }
        Ok(())
    }
}

fn who(person: &PersonBuf) -> WhoBuf {
    match person {
        PersonBuf::Friend(friend) => WhoBuf::User(friend.user.clone()),
        PersonBuf::Stranger(stranger) => WhoBuf::Alias(stranger.alias.clone()),
    }
}

#[cfg(test)]
mod tests {
    use nearcast_grid::Position;

    use super::*;
    use crate::wire::Why;
    use crate::wire::server::ExitBuf;

    fn friend(id: &str, name: Option<&str>, distance_m: f64) -> PersonBuf {
        PersonBuf::Friend(FriendBuf {
            user: UserId::new(id).unwrap(),
            name: name.map(str::to_owned),
            avatar_url: None,
            position: Position::new(0.0, distance_m / 1e5).unwrap(),
            distance_m,
            seen_at: 1,
            approximate: false,
            accuracy_m: None,
            heading_deg: None,
            speed_mps: None,
        })
    }

    fn nearby(seq: u64, page: bool, people: Vec<PersonBuf>) -> Event {
        Event::Nearby(Nearby {
            seq,
            page,
            mode: Mode::Friends,
            total: people.len() as u32,
            people,
            next: None,
        })
    }

    fn exit(id: &str) -> ExitBuf {
        ExitBuf {
            who: WhoBuf::User(UserId::new(id).unwrap()),
            why: Why::Radius,
        }
    }

    fn shown(list: &List) -> Vec<(&str, Option<&str>, f64)> {
        let mut shown: Vec<_> = list
            .friends
            .values()
            .map(|friend| {
                (
                    friend.user.as_str(),
                    friend.name.as_deref(),
                    friend.distance_m,
                )
            })
            .collect();
        shown.sort_by_key(|(user, ..)| *user);
        shown
    }

    #[test]
    fn frames_add_update_and_remove_and_a_page_changes_nothing() {
        let mut list = List::default();
        let first = vec![
            friend("ann", Some("Ann"), 5.0),
            friend("bob", Some("Bob"), 9.0),
        ];
        list.apply(&nearby(1, false, first)).unwrap();
        list.apply(&nearby(1, true, vec![friend("eve", None, 1.0)]))
            .unwrap();
        list.apply(&Event::Changes(Changes {
            seq: 2,
            entered: vec![friend("cem", Some("Cem"), 7.0)],
            moved: vec![friend("ann", None, 6.0)],
            exited: vec![exit("bob")],
            ..Changes::default()
        }))
        .unwrap();
        assert_eq!(
            shown(&list),
            [("ann", Some("Ann"), 6.0), ("cem", Some("Cem"), 7.0)]
        );
        list.apply(&nearby(3, false, vec![friend("dan", None, 2.0)]))
            .unwrap();
        assert_eq!(shown(&list), [("dan", None, 2.0)]);
    }

    #[test]
    fn what_a_server_may_not_say_is_reported() {
        let mut list = List::default();
        let changes = |seq, moved, exited| {
            Event::Changes(Changes {
                seq,
                moved,
                exited,
                ..Changes::default()
            })
        };
        let ann = WhoBuf::User(UserId::new("ann").unwrap());
        assert_eq!(
            list.apply(&changes(1, vec![friend("ann", None, 1.0)], vec![])),
            Err(Untold::Moved(ann.clone()))
        );
        assert_eq!(
            list.apply(&changes(2, vec![], vec![exit("ann")])),
            Err(Untold::Exited(ann))
        );
        assert_eq!(
            list.apply(&changes(4, vec![], vec![])),
            Err(Untold::Seq {
                expected: 3,
                found: 4
            })
        );
        assert!(list.is_empty());
    }
}
