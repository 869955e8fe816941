//! What Redis does in one go. Each script names its keys, which are in one hash slot.

use redis::{RedisError, Script, ScriptInvocation};

use super::keys::{Keys, Names};
use super::link::Connection;

/// People in one command: Lua takes at most some thousands of arguments.
pub(super) const BATCH: usize = 1000;

/// Puts people in and takes them out, unless somebody else writes here by now. Who is over is found
/// by `exp`, so that comes first.
const WRITE: &str = r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return redis.error_reply('FENCED another server writes here')
end
local at = 8
local function some(count, width, command, key)
  local last = at + tonumber(count) * width - 1
  if last >= at then redis.call(command, key, unpack(ARGV, at, last)) end
  at = last + 1
end
some(ARGV[3], 2, 'ZADD', KEYS[3])
some(ARGV[4], 2, 'HSET', KEYS[4])
some(ARGV[5], 3, 'GEOADD', KEYS[2])
some(ARGV[6], 1, 'ZREM', KEYS[2])
local gone = at
some(ARGV[7], 1, 'ZREM', KEYS[2])
at = gone
some(ARGV[7], 1, 'HDEL', KEYS[4])
at = gone
some(ARGV[7], 1, 'ZREM', KEYS[3])
for key = 2, 4 do redis.call('PEXPIRE', KEYS[key], ARGV[2]) end
return 1
";

/// Takes out whom Redis' clock says to be over, some at a time; answers how many.
const EXPIRE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local over = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[1])
if #over > 0 then
  redis.call('ZREM', KEYS[1], unpack(over))
  redis.call('HDEL', KEYS[3], unpack(over))
  redis.call('ZREM', KEYS[2], unpack(over))
end
return #over
";

/// Takes the lease if nobody else has it; answers a new epoch and who had it last, or who has it.
/// Who starts takes it from a server of the same data directory; who was pushed out does not.
const TAKE: &str = r"
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[3] then
  local is_ours = string.match(holder, '^%S+') == ARGV[1]
  if not is_ours or ARGV[3] ~= '' then return {0, holder} end
end
local owner = redis.call('GET', KEYS[3]) or ''
local epoch = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. epoch, 'PX', ARGV[2])
redis.call('SET', KEYS[3], ARGV[1])
return {epoch, owner}
";

/// Keeps the lease; answers whether it is still the caller's.
const RENEW: &str = r"
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
";

/// Lets the lease go, if it is the caller's.
const RELEASE: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
";

/// From here on nobody with an earlier epoch writes in this group; answers the epoch of who came
/// later, if somebody did.
const FENCE: &str = r"
local epoch = redis.call('GET', KEYS[1])
if epoch and tonumber(epoch) > tonumber(ARGV[1]) then return tonumber(epoch) end
redis.call('SET', KEYS[1], ARGV[1])
return 0
";

pub(super) struct Scripts {
    write: Script,
    expire: Script,
    take: Script,
    renew: Script,
    release: Script,
    fence: Script,
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
            write: Script::new(WRITE),
            expire: Script::new(EXPIRE),
            take: Script::new(TAKE),
            renew: Script::new(RENEW),
            release: Script::new(RELEASE),
            fence: Script::new(FENCE),
        }
    }

    /// Whether the scripts are let do what they do: tried without anybody in them, and without a
    /// trace.
    pub(super) async fn try_out(&self, to: &mut Connection, geo: &str) -> Result<(), RedisError> {
        const TRY: &str = r"
            redis.call('TIME')
            redis.call('GEOADD', KEYS[1], 0, 0, 'nearcast check')
            redis.call('ZSCORE', KEYS[1], 'nearcast check')
            redis.call('ZREM', KEYS[1], 'nearcast check')
            return 1
        ";
        Script::new(TRY).key(geo).invoke_async(to).await
    }

    /// `life_ms`: for how long the keys stay if nobody writes any more.
    pub(super) async fn write(
        &self,
        to: &mut Connection,
        names: &Names,
        epoch: u64,
        life_ms: u64,
        batch: &Batch,
    ) -> Result<(), RedisError> {
        let mut call = self.write.prepare_invoke();
        for key in [&names.fence, &names.geo, &names.exp, &names.rec] {
            call.key(key);
        }
        call.arg(epoch).arg(life_ms);
        let counts = [
            batch.kept.len(),
            batch.records.len(),
            batch.placed.len(),
            batch.unplaced.len(),
            batch.gone.len(),
        ];
        for count in counts {
            call.arg(count);
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
        for user in &batch.unplaced {
            call.arg(user);
        }
        for user in &batch.gone {
            call.arg(user.as_slice());
        }
        call.invoke_async(to).await
    }

    pub(super) async fn expire(
        &self,
        to: &mut Connection,
        names: &Names,
    ) -> Result<usize, RedisError> {
        let mut call = self.expire.prepare_invoke();
        for key in [&names.geo, &names.exp, &names.rec] {
            call.key(key);
        }
        call.arg(BATCH).invoke_async(to).await
    }

    /// A new epoch and who had the lease last, or who has it. `before`: as the caller had it, if it
    /// has.
    pub(super) async fn take(
        &self,
        to: &mut Connection,
        keys: &Keys,
        instance: &str,
        lease_ms: u64,
        before: &str,
    ) -> Result<Result<(u64, String), String>, RedisError> {
        let mut call = self.take.prepare_invoke();
        call.key(&keys.holder).key(&keys.epoch).key(&keys.owner);
        call.arg(instance).arg(lease_ms).arg(before);
        let (epoch, who): (u64, String) = call.invoke_async(to).await?;
        Ok(if epoch > 0 {
            Ok((epoch, who))
        } else {
            Err(who)
        })
    }

    pub(super) async fn renew(
        &self,
        to: &mut Connection,
        keys: &Keys,
        holder: &str,
        lease_ms: u64,
    ) -> Result<bool, RedisError> {
        let mut call = self.on_holder(&self.renew, keys);
        call.arg(holder).arg(lease_ms).invoke_async(to).await
    }

    pub(super) async fn release(
        &self,
        to: &mut Connection,
        keys: &Keys,
        holder: &str,
    ) -> Result<(), RedisError> {
        let mut call = self.on_holder(&self.release, keys);
        call.arg(holder).invoke_async(to).await
    }

    fn on_holder<'s>(&'s self, script: &'s Script, keys: &Keys) -> ScriptInvocation<'s> {
        script.key(&keys.holder)
    }

    pub(super) async fn fence(
        &self,
        to: &mut Connection,
        names: &Names,
        epoch: u64,
    ) -> Result<u64, RedisError> {
        let mut call = self.fence.key(&names.fence);
        call.arg(epoch).invoke_async(to).await
    }
}
