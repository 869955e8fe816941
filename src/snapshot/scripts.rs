//! What Redis does in one go. Each script names its keys, which are in one hash slot.

use redis::{RedisError, Script, ScriptInvocation};

use super::keys::{Keys, Names};
use super::lease::Who;
use super::link::Connection;
use super::pen::Pen;

/// People in one command: Lua takes at most some thousands of arguments.
pub(super) const BATCH: usize = 1000;

/// Begins each script of a [`Pen`]: nothing is done if somebody else writes here by now, or if what
/// is here is older than what was written.
const GUARD: &str = r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return redis.error_reply('FENCED another server writes here')
end
if (tonumber(redis.call('GET', KEYS[2])) or 0) < tonumber(ARGV[2]) then
  return redis.error_reply('BACK what is here is older than what was written')
end
";

/// Takes people out and puts people in; answers how often that was done. Out first, which a full
/// Redis does too. Who is over is found by `exp`, so that comes before the rest.
const WRITE: &str = r"
local at = 9
local function some(count, width, command, key)
  local last = at + tonumber(count) * width - 1
  if last >= at then redis.call(command, key, unpack(ARGV, at, last)) end
  at = last + 1
end
some(ARGV[4], 1, 'ZREM', KEYS[3])
at = 9
some(ARGV[4], 1, 'HDEL', KEYS[5])
at = 9
some(ARGV[4], 1, 'ZREM', KEYS[4])
some(ARGV[5], 1, 'ZREM', KEYS[3])
some(ARGV[6], 2, 'ZADD', KEYS[4])
some(ARGV[7], 2, 'HSET', KEYS[5])
some(ARGV[8], 3, 'GEOADD', KEYS[3])
for key = 3, 5 do redis.call('PEXPIRE', KEYS[key], ARGV[3]) end
return redis.call('INCR', KEYS[2])
";

/// Takes out whom Redis' clock says to be over, some at a time; answers how many.
const EXPIRE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local over = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'LIMIT', 0, ARGV[3])
if #over > 0 then
  redis.call('ZREM', KEYS[3], unpack(over))
  redis.call('HDEL', KEYS[5], unpack(over))
  redis.call('ZREM', KEYS[4], unpack(over))
end
return #over
";

/// Takes the lease if nobody else has it; answers a new epoch and of which data directory what is
/// there is, or who has it. `DIRECTORY PROCESS EPOCH` has it: a process that starts takes it from
/// another one of its data directory, one that was pushed out does not. Epochs have few digits, so
/// that Lua writes them as they are.
const TAKE: &str = r"
local holder = redis.call('GET', KEYS[1])
if holder then
  local directory, process = string.match(holder, '^(%S+) (%S+) %d+$')
  local may = directory == ARGV[1] and (process == ARGV[2] or ARGV[3] == '1')
  if not may and (not directory or redis.call('PTTL', KEYS[1]) < 0) then
    return redis.error_reply('FOREIGN what is kept in ' .. KEYS[1] .. ' is no lease: delete it')
  end
  if not may then return {0, holder} end
end
local before = redis.call('GET', KEYS[2]) or '0'
if #before > 12 or not string.match(before, '^%d+$') then
  return redis.error_reply('FOREIGN what is kept in ' .. KEYS[2] .. ' is no epoch: delete it')
end
local owner = redis.call('GET', KEYS[3]) or ''
local epoch = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. epoch, 'PX', ARGV[4])
if owner ~= '' and owner ~= ARGV[1] then
  redis.call('SET', KEYS[3], 'several', 'PX', ARGV[5])
else
  redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[5])
end
return {epoch, owner}
";

/// Keeps the lease; answers whether it is still the caller's. One that has run out is taken up
/// again if nobody has had it since.
const RENEW: &str = r"
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if holder then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
elseif redis.call('GET', KEYS[2]) == ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
else
  return 0
end
local owner = redis.call('GET', KEYS[3])
if not owner or owner == ARGV[4] then redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5]) end
return 1
";

/// Lets the lease go, if it is the caller's.
const RELEASE: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
";

/// From here on nobody with an earlier epoch writes in this group; answers the epoch of who came
/// since, if somebody did. Who has the same got it from a Redis that did not know of it any more, or
/// is this one, asked twice.
const FENCE: &str = r"
local before = redis.call('GET', KEYS[1]) or '0'
if #before > 12 or not string.match(before, '^%d+$') then
  return redis.error_reply('FOREIGN what is kept in ' .. KEYS[1] .. ' is no epoch: delete it')
end
local epoch = tonumber(before)
if epoch >= tonumber(ARGV[1]) then return epoch end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
return 0
";

/// Empties the shared index, which counts as a write.
const WIPE: &str = r"
redis.call('DEL', KEYS[3], KEYS[4])
return redis.call('INCR', KEYS[2])
";

/// Redis has lost who it was: epochs are counted on from a later one.
const CATCH_UP: &str = r"
local epoch = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
if epoch < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
return 1
";

pub(super) struct Scripts {
    write: Script,
    expire: Script,
    take: Script,
    renew: Script,
    release: Script,
    fence: Script,
    catch_up: Script,
    wipe: Script,
}

/// What is to be written into one group at once.
#[derive(Default)]
pub(super) struct Batch {
    /// With when each is over, in Redis' time.
    pub(super) kept: Vec<(u64, String)>,
    pub(super) records: Vec<(String, Vec<u8>)>,
    /// Longitude and latitude of who is in the index.
    pub(super) placed: Vec<(f64, f64, String)>,
    /// Kept, and not in the index.
    pub(super) unplaced: Vec<String>,
    pub(super) gone: Vec<Vec<u8>>,
}

impl Batch {
    pub(super) fn len(&self) -> usize {
        self.kept.len() + self.gone.len()
    }
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            write: guarded(WRITE),
            expire: guarded(EXPIRE),
            take: Script::new(TAKE),
            renew: Script::new(RENEW),
            release: Script::new(RELEASE),
            fence: Script::new(FENCE),
            catch_up: Script::new(CATCH_UP),
            wipe: guarded(WIPE),
        }
    }

    /// Whether Redis lets us do what is done there: with somebody who is over, on keys that go.
    pub(super) async fn try_out(
        &self,
        to: &mut Connection,
        tried: &Keys,
    ) -> Result<(), RedisError> {
        let who = Who {
            directory: "check".to_owned(),
            process: "check".to_owned(),
            starts: true,
            lease_ms: 1000,
            life_ms: 1000,
        };
        if let Ok((epoch, _)) = self.take(to, tried, &who).await? {
            let holder = format!("check check {epoch}");
            self.renew(to, tried, &who, (&holder, epoch)).await?;
            self.catch_up(to, tried, epoch).await?;
            self.release(to, tried, &holder).await?;
        }
        let names = &tried.shared;
        let user = "nobody".to_owned();
        let batch = Batch {
            kept: vec![(1, user.clone())],
            records: vec![(user.clone(), vec![0])],
            placed: vec![(0.0, 0.0, user)],
            ..Batch::default()
        };
        self.fence(to, names, 1).await?;
        let pen = Pen::new(to.clone(), 1);
        self.write(&pen, names, 60_000, &batch).await?;
        self.expire(&pen, names).await?;
        self.wipe(&pen, names).await?;
        let () = redis::cmd("HSCAN")
            .arg(&names.rec)
            .arg(0)
            .query_async(to)
            .await?;
        let mut delete = redis::cmd("DEL");
        delete
            .arg(&names.fence)
            .arg(&names.writes)
            .arg(&names.rec)
            .arg(&tried.epoch)
            .arg(&tried.owner);
        delete.query_async(to).await
    }

    /// `life_ms`: for how long the keys stay if nobody writes any more.
    pub(super) async fn write(
        &self,
        pen: &Pen,
        names: &Names,
        life_ms: u64,
        batch: &Batch,
    ) -> Result<(), RedisError> {
        let mut call = begin(&self.write, pen, names);
        call.arg(life_ms);
        let counts = [
            batch.gone.len(),
            batch.unplaced.len(),
            batch.kept.len(),
            batch.records.len(),
            batch.placed.len(),
        ];
        for count in counts {
            call.arg(count);
        }
        for user in &batch.gone {
            call.arg(user.as_slice());
        }
        for user in &batch.unplaced {
            call.arg(user);
        }
        for (over, user) in &batch.kept {
            call.arg(over).arg(user);
        }
        for (user, record) in &batch.records {
            call.arg(user).arg(record.as_slice());
        }
        for (lon, lat, user) in &batch.placed {
            call.arg(lon).arg(lat).arg(user);
        }
        written(pen, names, &call).await
    }

    pub(super) async fn expire(&self, pen: &Pen, names: &Names) -> Result<usize, RedisError> {
        let mut call = begin(&self.expire, pen, names);
        call.arg(BATCH).invoke_async(&mut pen.to.clone()).await
    }

    /// A new epoch, and of which data directory what is there is; or who has the lease.
    pub(super) async fn take(
        &self,
        to: &mut Connection,
        keys: &Keys,
        who: &Who,
    ) -> Result<Result<(u64, String), String>, RedisError> {
        let mut call = self.take.prepare_invoke();
        call.key(&keys.holder).key(&keys.epoch).key(&keys.owner);
        call.arg(&who.directory)
            .arg(&who.process)
            .arg(u8::from(who.starts));
        call.arg(who.lease_ms).arg(who.life_ms);
        let (epoch, said): (u64, String) = call.invoke_async(to).await?;
        Ok(if epoch > 0 {
            Ok((epoch, said))
        } else {
            Err(said)
        })
    }

    pub(super) async fn renew(
        &self,
        to: &mut Connection,
        keys: &Keys,
        who: &Who,
        (holder, epoch): (&str, u64),
    ) -> Result<bool, RedisError> {
        let mut call = self.renew.prepare_invoke();
        call.key(&keys.holder).key(&keys.epoch).key(&keys.owner);
        call.arg(holder).arg(epoch).arg(who.lease_ms);
        call.arg(&who.directory)
            .arg(who.life_ms)
            .invoke_async(to)
            .await
    }

    pub(super) async fn release(
        &self,
        to: &mut Connection,
        keys: &Keys,
        holder: &str,
    ) -> Result<(), RedisError> {
        let mut call = self.release.key(&keys.holder);
        call.arg(holder).invoke_async(to).await
    }

    pub(super) async fn fence(
        &self,
        to: &mut Connection,
        names: &Names,
        epoch: u64,
    ) -> Result<u64, RedisError> {
        let mut call = self.fence.key(&names.fence);
        call.key(&names.writes);
        call.arg(epoch).invoke_async(to).await
    }

    pub(super) async fn catch_up(
        &self,
        to: &mut Connection,
        keys: &Keys,
        epoch: u64,
    ) -> Result<(), RedisError> {
        let mut call = self.catch_up.key(&keys.epoch);
        call.arg(epoch).invoke_async(to).await
    }

    pub(super) async fn wipe(&self, pen: &Pen, names: &Names) -> Result<(), RedisError> {
        written(pen, names, &begin(&self.wipe, pen, names)).await
    }
}

/// Calls a script that counts as a write.
async fn written(pen: &Pen, names: &Names, call: &ScriptInvocation<'_>) -> Result<(), RedisError> {
    let writes = call.invoke_async(&mut pen.to.clone()).await?;
    pen.has_written(names, writes);
    Ok(())
}

fn guarded(script: &str) -> Script {
    Script::new(&format!("{GUARD}{script}"))
}

/// The call of a guarded script: its keys, and what the guard looks at.
fn begin<'s>(script: &'s Script, pen: &Pen, names: &Names) -> ScriptInvocation<'s> {
    let mut call = script.prepare_invoke();
    for key in [
        &names.fence,
        &names.writes,
        &names.geo,
        &names.exp,
        &names.rec,
    ] {
        call.key(key);
    }
    call.arg(pen.epoch).arg(pen.writes(names));
    call
}
