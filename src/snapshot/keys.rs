//! What things are called in Redis. User ids are members and fields, never a part of a name.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use crate::wire::UserId;

/// Each group's keys are in one hash slot, so that Redis Cluster spreads the groups. Never another
/// number: who is in which group depends on it.
pub(super) const GROUPS: usize = 64;

/// The keys of one group.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) number: usize,
    /// Begins all of them.
    pub(super) begin: String,
    /// Who may write here.
    pub(super) fence: String,
    /// How often she has.
    pub(super) writes: String,
    /// Where those are who share, for GEOSEARCH.
    pub(super) geo: String,
    /// When each is over, in Redis' time.
    pub(super) exp: String,
    /// What is needed to restore each.
    pub(super) rec: String,
}

impl Names {
    fn new(app: &str, tag: &str, number: usize) -> Self {
        let begin = format!("nearcast:{app}:{{{tag}}}");
        let name = |what: &str| format!("{begin}:{what}");
        Self {
            number,
            fence: name("fence"),
            writes: name("writes"),
            geo: name("geo"),
            exp: name("exp"),
            rec: name("rec"),
            begin,
        }
    }

    fn typed(&self) -> [(&str, &'static str); 5] {
        [
            (&self.fence, "string"),
            (&self.writes, "string"),
            (&self.geo, "zset"),
            (&self.exp, "zset"),
            (&self.rec, "hash"),
        ]
    }
}

#[derive(Debug)]
pub(super) struct Keys {
    groups: Vec<Names>,
    /// For other services.
    pub(super) shared: Names,
    /// Begins the following.
    pub(super) lease: String,
    /// Who writes, for how long.
    pub(super) holder: String,
    /// Grows with each who does.
    pub(super) epoch: String,
    /// Of which data directory what is there is, for as long as it stays.
    pub(super) owner: String,
}

impl Keys {
    pub(super) fn new(app: &str) -> Self {
        let groups = (0..GROUPS).map(|group| Names::new(app, &format!("g{group}"), group));
        Self::tagged(app, groups.collect(), "shared", "lease")
    }

    /// Keys for trying out whether all is allowed, in one hash slot.
    pub(super) fn to_try(app: &str) -> Self {
        Self::tagged(app, Vec::new(), "check", "check")
    }

    fn tagged(app: &str, groups: Vec<Names>, shared: &str, lease: &str) -> Self {
        let lease = format!("nearcast:{app}:{{{lease}}}");
        let name = |what: &str| format!("{lease}:{what}");
        Self {
            groups,
            shared: Names::new(app, shared, GROUPS),
            holder: name("holder"),
            epoch: name("epoch"),
            owner: name("owner"),
            lease,
        }
    }

    pub(super) fn group(&self, group: usize) -> &Names {
        &self.groups[group]
    }

    /// With of what type each is, once it is there; what stands together is in one hash slot.
    pub(super) fn typed(&self) -> impl Iterator<Item = Vec<(&str, &'static str)>> {
        let lease = [&self.holder, &self.epoch, &self.owner];
        let lease = lease.map(|key| (key.as_str(), "string"));
        let groups = self.all().map(|names| names.typed().to_vec());
        groups.chain([lease.to_vec()])
    }

    /// Every group, the shared one last.
    pub(super) fn all(&self) -> impl Iterator<Item = &Names> {
        self.groups.iter().chain([&self.shared])
    }
}

/// The group of a user, the same on every machine.
pub(super) fn group_of(user: &UserId) -> usize {
    let mut hasher = SipHasher13::new();
    hasher.write(user.as_str().as_bytes());
    hasher.finish() as usize % GROUPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_in_the_same_group_for_ever() {
        let group = |id: &str| group_of(&UserId::new(id).unwrap());
        assert_eq!([group("ann"), group("bob"), group("Zoë")], [56, 42, 6]);
    }

    #[test]
    fn groups_are_of_about_the_same_size() {
        let mut sizes = [0; GROUPS];
        for number in 0..64_000 {
            sizes[group_of(&UserId::new(&format!("user {number}")).unwrap())] += 1;
        }
        assert!(
            sizes.iter().all(|size| (800..1200).contains(size)),
            "{sizes:?}"
        );
    }

    #[test]
    fn the_braces_are_a_hash_tag() {
        let keys = Keys::new("town");
        assert_eq!(keys.group(7).geo, "nearcast:town:{g7}:geo");
        assert_eq!(keys.shared.exp, "nearcast:town:{shared}:exp");
    }
}
