//! What happens to people, over REST or over a socket of theirs.

use nearcast::wire::client::{Settings, Target};
use nearcast::wire::{Command, Sharing, UserId};
use nearcast_grid::Position;
use serde_json::{Value, json};

use super::ground::{encoded, path_of};
use super::op::By;
use super::seat::Fault;
use super::truth::pair;
use super::world::{World, claim, is_error, is_ok};

impl World {
    pub(crate) async fn posts(&mut self, user: usize, to: Position, by: By) -> Fault {
        let path = format!("{}/position", self.path(user));
        let body = json!({"lat": to.lat(), "lon": to.lon()});
        self.truth.people[user].go(to);
        self.asks(user, by, "POST", &path, &body).await.map(drop)
    }

    /// Asks with that credential; it is granted.
    async fn asks(
        &mut self,
        user: usize,
        by: By,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, String> {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let credential = self.credential(user, by);
        let answer = self.ground.rest(&credential, method, path, &text).await?;
        match answer.status {
            200 => Ok(answer.json()),
            204 => Ok(Value::Null),
            _ => Err(format!("{method} {path} {text}: {answer:?}")),
        }
    }

    fn path_to(&self, one: usize, what: &str, other: usize) -> String {
        let id = &self.truth.people[other].id;
        format!("{}/{what}/{}", self.path(one), encoded(id))
    }

    pub(crate) async fn befriend(&mut self, one: usize, other: usize) -> Fault {
        let path = self.path_to(one, "friends", other);
        if self.truth.blocked(one, other) {
            let credential = self.credential(one, By::Server);
            let answer = self.ground.rest(&credential, "PUT", &path, "").await?;
            return claim(answer.status == 409, || {
                format!("against a block: {answer:?}")
            });
        }
        self.are_friends(one, other);
        let answer = self
            .asks(one, By::Server, "PUT", &path, &Value::Null)
            .await?;
        claim(answer["state"] == "friends", || format!("{answer}"))
    }

    fn are_friends(&mut self, one: usize, other: usize) {
        self.truth.friends.insert(pair(one, other));
        self.told_anew(one);
        self.told_anew(other);
    }

    /// Both ask. Who is blocked is answered as if nobody had asked her yet; what is left of that
    /// is taken back.
    pub(crate) async fn ask(&mut self, one: usize, other: usize) -> Fault {
        self.asked.extend([(one, other), (other, one)]);
        let blocked = self.truth.blocked(one, other);
        let known = self.truth.friends.contains(&pair(one, other));
        if !blocked {
            self.are_friends(one, other);
        }
        let both = [(one, other), (other, one)];
        for (nth, (from, to)) in both.into_iter().enumerate() {
            let path = self.path_to(from, "friends", to);
            let answer = self
                .asks(from, By::User, "PUT", &path, &Value::Null)
                .await?;
            let is_made = known || nth == 1 && !blocked;
            let state = if is_made { "friends" } else { "requested" };
            claim(answer["state"] == state, || {
                format!("{answer}, not {state}")
            })?;
        }
        for (from, to) in both.into_iter().filter(|_| blocked) {
            let path = self.path_to(from, "friends", to);
            self.asks(from, By::User, "DELETE", &path, &Value::Null)
                .await?;
        }
        Ok(())
    }

    pub(crate) async fn unfriend(&mut self, one: usize, other: usize, by: By) -> Fault {
        let path = self.path_to(one, "friends", other);
        if self.truth.friends.remove(&pair(one, other)) {
            self.truth.part(one, other);
        }
        self.asks(one, by, "DELETE", &path, &Value::Null)
            .await
            .map(drop)
    }

    pub(crate) async fn block(&mut self, user: usize, other: usize, seat: Option<usize>) -> Fault {
        self.is_blocked(user, other);
        if let Some(number) = seat {
            let id = &self.truth.people[other].id;
            let about = Target::User(UserId::new(id).expect("ids of worlds are user ids"));
            let answer = self.block_by_socket(self.place(number), about).await?;
            return is_ok(&answer);
        }
        let path = self.path_to(user, "blocks", other);
        self.asks(user, By::User, "PUT", &path, &Value::Null)
            .await
            .map(drop)
    }

    fn is_blocked(&mut self, user: usize, other: usize) {
        self.truth.blocks.insert((user, other));
        self.truth.friends.remove(&pair(user, other));
    }

    /// One of the strangers that the session shows; of nobody it is denied.
    pub(crate) async fn block_alias(&mut self, number: usize, nth: usize) -> Fault {
        let place = self.place(number);
        let seat = &self.seats[place];
        let mut aliases: Vec<&String> = seat.list.strangers.keys().collect();
        aliases.sort();
        let Some(alias) = aliases.get(nth).map(|alias| (*alias).clone()) else {
            let nobody = Target::Alias("0123456789abcdef".to_owned());
            let answer = self.block_by_socket(place, nobody).await?;
            return is_error(&answer, 103);
        };
        let (user, other) = (seat.user, seat.crowd[&alias]);
        self.is_blocked(user, other);
        let answer = self.block_by_socket(place, Target::Alias(alias)).await?;
        is_ok(&answer)
    }

    /// Takes the block by name back, and with it every block that was made by an alias: of those
    /// nobody is told whom they are about.
    pub(crate) async fn unblock(&mut self, user: usize, other: usize) -> Fault {
        let path = self.path_to(user, "blocks", other);
        self.asks(user, By::User, "DELETE", &path, &Value::Null)
            .await?;
        let path = format!("{}/blocks", self.path(user));
        let listed = self
            .asks(user, By::User, "GET", &path, &Value::Null)
            .await?;
        let mut left = Vec::new();
        for block in listed["blocks"].as_array().into_iter().flatten() {
            match (block["user"].as_str(), block["block"].as_str()) {
                (Some(id), None) => left.push((user, self.user_of(id)?)),
                (None, Some(which)) => {
                    self.leaks_nobody(user, block)?;
                    let path = format!("{path}/{which}");
                    self.asks(user, By::User, "DELETE", &path, &Value::Null)
                        .await?;
                }
                _ => return Err(format!("a block is {block}")),
            }
        }
        let taken_back = |block: &(usize, usize)| block.0 == user && !left.contains(block);
        let ended: Vec<_> = self.truth.blocks.extract_if(.., taken_back).collect();
        for (_, other) in ended {
            self.truth.part(user, other);
        }
        Ok(())
    }

    pub(crate) async fn share(
        &mut self,
        user: usize,
        sharing: Sharing,
        seat: Option<usize>,
    ) -> Fault {
        self.shares(user, sharing);
        if let Some(number) = seat {
            let place = self.place(number);
            let settings = Settings {
                sharing: Some(sharing),
                ..Settings::default()
            };
            let answer = self.seats[place].asks(Command::Settings(settings)).await?;
            return is_ok(&answer);
        }
        let path = format!("{}/sharing", self.path(user));
        let body = json!({"sharing": sharing.as_str()});
        self.asks(user, By::User, "PUT", &path, &body)
            .await
            .map(drop)
    }

    pub(crate) async fn name(&mut self, user: usize, version: Option<usize>) -> Fault {
        let mark = format!("{}.{user}", self.seed);
        let name = version.map(|version| format!("Ann ^{mark}^ \"v{version}\" 민"));
        let stranger_name = version.map(|version| format!("somebody ={mark}= {version}"));
        self.told_anew(user);
        let body = json!({"name": name, "stranger_name": stranger_name});
        let human = &mut self.truth.people[user];
        (human.name, human.stranger_name) = (name, stranger_name);
        self.asks(user, By::User, "PUT", &self.path(user), &body)
            .await
            .map(drop)
    }

    pub(crate) async fn consent(&mut self, user: usize, consents: bool) -> Fault {
        let path = format!("{}/sharing", self.path(user));
        self.truth.people[user].change(|human| human.consents = consents);
        let body = json!({"strangers_consent": consents});
        self.asks(user, By::User, "PUT", &path, &body)
            .await
            .map(drop)
    }

    pub(crate) async fn allow(&mut self, user: usize, allowed: bool) -> Fault {
        self.truth.people[user].change(|human| human.allowed = allowed);
        let body = json!({"strangers_allowed": allowed});
        self.ground
            .backend("PUT", &self.path(user), &body.to_string())
            .await
            .map(drop)
    }

    /// Every trace goes; her sessions are closed.
    pub(crate) async fn erase(&mut self, user: usize) -> Fault {
        let path = path_of(&self.truth.people[user].id);
        self.truth.erase(user);
        self.erased = true;
        self.told_anew(user);
        self.ground.backend("DELETE", &path, "").await?;
        for seat in &mut self.seats {
            if seat.user != user {
                continue;
            }
            match seat.client {
                Some(_) => seat.is_closed(3505).await?,
                None => seat.is_orphan = true,
            }
        }
        Ok(())
    }

    /// Whom a viewer knows by an alias, as moderation asks; none: nobody.
    pub(crate) async fn resolve(
        &mut self,
        viewer: usize,
        alias: &str,
    ) -> Result<Option<usize>, String> {
        let body = json!({"viewer": self.truth.people[viewer].id, "alias": alias});
        let credential = self.credential(viewer, By::Server);
        let path = "/v1/aliases/resolve";
        let answer = self
            .ground
            .rest(&credential, "POST", path, &body.to_string())
            .await?;
        match answer.status {
            200 => self
                .user_of(answer.json()["user"].as_str().unwrap_or(""))
                .map(Some),
            404 => Ok(None),
            _ => Err(format!("resolve {alias}: {answer:?}")),
        }
    }
}
