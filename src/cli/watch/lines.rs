//! What happens, as lines for a person: when, what, who, how far, in which direction.
//!
//! Pure: it is told the time, and where who watches is.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nearcast::client::List;
use nearcast::wire::server::{Changes, Nearby, PersonBuf, Welcome, WhoBuf};
use nearcast::wire::{Event, Mode, Why};
use nearcast_grid::{Position, distance_m};

use super::words::{compass, length, plain};

/// Closer than this nobody asks for a direction.
const HERE_M: f64 = 5.0;
const NAME_WIDTH: usize = 22;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    /// For a terminal.
    Colours,
    Plain,
}

/// How a line looks.
#[derive(Clone, Copy)]
enum Look {
    Enters,
    Moves,
    Exits,
    Remark,
}

pub(super) struct Teller {
    list: List,
    /// Of who watches, if she says.
    position: Option<Position>,
    radius_m: f64,
    /// How far strangers are sure to be heard of.
    reach_m: f64,
    paint: Paint,
    zone: TimeZone,
}

impl Teller {
    pub(super) fn new(position: Option<Position>, paint: Paint) -> Self {
        Self {
            list: List::default(),
            position,
            radius_m: 0.0,
            reach_m: 0.0,
            paint,
            zone: TimeZone::system(),
        }
    }

    /// The lines that a message of the server is worth.
    pub(super) fn hear(&mut self, event: &Event, now_ms: u64) -> Vec<String> {
        let lines = match event {
            Event::Welcome(welcome) => self.welcome(welcome, now_ms),
            Event::Nearby(nearby) if !nearby.page => self.nearby(nearby, now_ms),
            Event::Changes(changes) => self.changes(changes, now_ms),
            Event::Request(request) => {
                let who = request.name.as_deref().unwrap_or(&request.user);
                vec![self.remark(&format!("{who} asks to be your friend"), now_ms)]
            }
            Event::Met(met) => {
                let who = met.name.as_deref().unwrap_or(&met.user);
                vec![self.remark(&format!("you and {who} have waved: you have met"), now_ms)]
            }
            Event::Error(error) => {
                let what = format!("the server says: {} ({})", error.message, error.code);
                vec![self.remark(&what, now_ms)]
            }
            _ => Vec::new(),
        };
        // A fault of the server is not for who watches; the list is as right as it can be.
        let _ = self.list.apply(event);
        lines
    }

    /// A line about the connection, not about a person.
    pub(super) fn remark(&self, what: &str, now_ms: u64) -> String {
        self.line(Look::Remark, now_ms, &plain(what))
    }

    fn welcome(&mut self, welcome: &Welcome, now_ms: u64) -> Vec<String> {
        self.radius_m = welcome.radius_m;
        self.reach_m = welcome.reach_m.unwrap_or_default();
        let what = match welcome.resumed {
            true => "connected again, where you left off".to_owned(),
            false => format!(
                "connected as {}; looking {} around",
                welcome.user,
                length(welcome.radius_m)
            ),
        };
        vec![self.remark(&what, now_ms)]
    }

    fn nearby(&self, nearby: &Nearby, now_ms: u64) -> Vec<String> {
        let (one, many, how, far_m) = match nearby.mode {
            Mode::Friends => ("friend", "friends", "within", self.radius_m),
            Mode::Strangers => ("stranger", "strangers", "within at least", self.reach_m),
        };
        let total = nearby.total;
        let noun = if total == 1 { one } else { many };
        let heading = format!("{total} {noun} {how} {}", length(far_m));
        let mut lines = vec![self.remark(&heading, now_ms)];
        lines.extend(
            nearby
                .people
                .iter()
                .map(|person| self.person(Look::Enters, now_ms, person, person, "is here")),
        );
        lines
    }

    fn changes(&self, changes: &Changes, now_ms: u64) -> Vec<String> {
        let mut lines = Vec::new();
        for exit in &changes.exited {
            let Some(person) = self.list.person(&exit.who) else {
                continue;
            };
            let gone = |what| self.row(Look::Exits, now_ms, &person, ["", ""], what);
            lines.push(match exit.why {
                // Where she is now is not known: what was told last is from before.
                Why::Radius => gone("is out of reach"),
                Why::Left => gone("has left"),
                Why::Inactive => {
                    self.person(Look::Exits, now_ms, &person, &person, "has fallen silent")
                }
            });
        }
        for person in &changes.entered {
            lines.push(self.person(Look::Enters, now_ms, person, person, "is within reach"));
        }
        for person in &changes.moved {
            let Some(before) = self.list.person(&who(person)) else {
                continue;
            };
            if let Some(what) = self.moved(&before, person) {
                lines.push(self.person(Look::Moves, now_ms, &before, person, what));
            }
        }
        lines
    }

    /// Nothing, of who is only known to be still there.
    fn moved(&self, before: &PersonBuf, now: &PersonBuf) -> Option<&'static str> {
        let (from, to) = (place(before), place(now));
        if from == to {
            return None;
        }
        let closer_m = self.away_m(before) - self.away_m(now);
        let gone_m = distance_m(from, to);
        Some(match closer_m / gone_m {
            part if part > 0.3 => "comes closer",
            part if part < -0.3 => "goes away",
            _ => "passes by",
        })
    }

    fn person(
        &self,
        look: Look,
        now_ms: u64,
        named: &PersonBuf,
        now: &PersonBuf,
        what: &str,
    ) -> String {
        let about = if is_coarse(now) { "about " } else { "" };
        let far = format!("{about}{}", length(self.away_m(now)));
        self.row(look, now_ms, named, [&far, self.direction(now)], what)
    }

    /// `away`: how far, and in which direction.
    fn row(
        &self,
        look: Look,
        now_ms: u64,
        named: &PersonBuf,
        away: [&str; 2],
        what: &str,
    ) -> String {
        // A wide name is cut, so that the columns stay.
        let name: String = name(named).chars().take(NAME_WIDTH).collect();
        let [far, direction] = away;
        let text = format!("{name:NAME_WIDTH$} {far:>13}  {direction:10}  {what}");
        self.line(look, now_ms, &text)
    }

    fn line(&self, look: Look, now_ms: u64, text: &str) -> String {
        let time = Timestamp::from_millisecond(now_ms as i64).unwrap_or(Timestamp::UNIX_EPOCH);
        let time = time
            .to_zoned(self.zone.clone())
            .strftime("%H:%M:%S")
            .to_string();
        let (colour, sign) = match look {
            Look::Enters => ("32", "+"),
            Look::Moves => ("36", "."),
            Look::Exits => ("33", "-"),
            Look::Remark => ("2", "*"),
        };
        match self.paint {
            Paint::Colours => format!("\x1b[2m{time}\x1b[0m \x1b[{colour}m{sign} {text}\x1b[0m"),
            Paint::Plain => format!("{time} {sign} {text}"),
        }
    }

    /// From who watches; as the server said, if she does not say where she is.
    fn away_m(&self, person: &PersonBuf) -> f64 {
        let said_m = match person {
            PersonBuf::Friend(friend) => friend.distance_m,
            PersonBuf::Stranger(stranger) => stranger.distance_m,
        };
        self.position
            .map_or(said_m, |here| distance_m(here, place(person)))
    }

    fn direction(&self, person: &PersonBuf) -> &'static str {
        let Some(here) = self.position else {
            return "";
        };
        if self.away_m(person) < HERE_M {
            return "here";
        }
        compass(here, place(person))
    }
}

fn name(person: &PersonBuf) -> String {
    plain(match person {
        PersonBuf::Friend(friend) => friend.name.as_deref().unwrap_or(friend.user.as_str()),
        PersonBuf::Stranger(stranger) => stranger.name.as_deref().unwrap_or("a stranger"),
    })
}

fn place(person: &PersonBuf) -> Position {
    match person {
        PersonBuf::Friend(friend) => friend.position,
        PersonBuf::Stranger(stranger) => stranger.centre,
    }
}

fn is_coarse(person: &PersonBuf) -> bool {
    match person {
        PersonBuf::Friend(friend) => friend.approximate,
        PersonBuf::Stranger(_) => true,
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
    use nearcast::wire::UserId;
    use nearcast::wire::server::{ExitBuf, FriendBuf};

    use super::*;

    fn at(lat: f64, lon: f64) -> Position {
        Position::new(lat, lon).unwrap()
    }

    fn teller(paint: Paint) -> Teller {
        Teller {
            zone: TimeZone::UTC,
            radius_m: 1500.0,
            ..Teller::new(Some(at(0.0, 0.0)), paint)
        }
    }

    fn mina(name: Option<&str>, lat: f64, lon: f64) -> PersonBuf {
        PersonBuf::Friend(FriendBuf {
            user: UserId::new("mina").unwrap(),
            name: name.map(str::to_owned),
            avatar_url: None,
            position: at(lat, lon),
            distance_m: 0.0,
            seen_at: 0,
            approximate: false,
            accuracy_m: None,
            heading_deg: None,
            speed_mps: None,
        })
    }

    fn moved(to: PersonBuf) -> Event {
        Event::Changes(Changes {
            moved: vec![to],
            ..Changes::default()
        })
    }

    #[test]
    fn a_friend_who_comes_moves_and_goes_is_a_line_each() {
        let mut teller = teller(Paint::Plain);
        let nearby = Event::Nearby(Nearby {
            seq: 1,
            page: false,
            mode: Mode::Friends,
            people: vec![mina(Some("Mina Park"), 0.01, 0.01)],
            next: None,
            total: 1,
        });
        let mut lines = teller.hear(&nearby, 3_600_000);
        lines.extend(teller.hear(&moved(mina(None, 0.0, 0.003)), 3_601_000));
        lines.extend(teller.hear(&moved(mina(None, 0.0, 0.003)), 3_602_000));
        let exit = |why| {
            Event::Changes(Changes {
                exited: vec![ExitBuf {
                    who: WhoBuf::User(UserId::new("mina").unwrap()),
                    why,
                }],
                ..Changes::default()
            })
        };
        lines.extend(teller.hear(&exit(Why::Inactive), 3_603_000));
        let entered = Event::Changes(Changes {
            entered: vec![mina(Some("Mina Park"), 0.0, 0.01)],
            ..Changes::default()
        });
        lines.extend(teller.hear(&entered, 3_604_000));
        lines.extend(teller.hear(&exit(Why::Radius), 3_605_000));
        assert_eq!(
            lines,
            [
                "01:00:00 * 1 friend within 1.5 km",
                "01:00:00 + Mina Park                     1.6 km  north-east  is here",
                "01:00:01 . Mina Park                      334 m  east        comes closer",
                "01:00:03 - Mina Park                      334 m  east        has fallen silent",
                "01:00:04 + Mina Park                     1.1 km  east        is within reach",
                "01:00:05 - Mina Park                                         is out of reach",
            ]
        );
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        let mut teller = teller(Paint::Colours);
        let name = "\x1b[2J\nMina".repeat(20);
        let entered = Event::Changes(Changes {
            entered: vec![mina(Some(&name), 0.01, 0.0)],
            ..Changes::default()
        });
        let line = teller.hear(&entered, 0).concat();
        assert!(!line.contains("\x1b[2J") && !line.contains('\n'));
    }
}
