/** Keys whose life has ended that one reservation takes off the account at most: more than it adds. */
const ENDED_MAX = 100;
/** Writes of one key that are told apart: beyond that the oldest two are one, which ends by itself. */
const WRITES_MAX = 64;

/**
 * The account of one writer. KEYS: the zset `ends` (key → when its last write ends), and the hash `bytes`: `:<key>` →
 * the key's writes as JSON `[[serial, bytes, end], …]`, `sum` → the bytes of all keys, `serial` → the last one given.
 *
 * While a key is being written it has two writes or more, of which one will stay: it counts with the largest. Ends are
 * milliseconds by Redis' clock, as the lives of the values are. The account ends with the last of its writes.
 */
const ACCOUNT = `
local ends, bytes = KEYS[1], KEYS[2]
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function writes_of(key)
  local text = redis.call("HGET", bytes, ":" .. key)
  return text and cjson.decode(text) or {}
end

local function largest(writes, field)
  local found = 0
  for _, write in ipairs(writes) do found = math.max(found, write[field]) end
  return found
end

local function keep(key, before, writes)
  redis.call("HINCRBY", bytes, "sum", largest(writes, 2) - largest(before, 2))
  if #writes == 0 then
    redis.call("HDEL", bytes, ":" .. key)
    redis.call("ZREM", ends, key)
  else
    redis.call("HSET", bytes, ":" .. key, cjson.encode(writes))
    redis.call("ZADD", ends, largest(writes, 3), key)
  end
end

local function close(...)
  local last = redis.call("ZRANGE", ends, -1, -1, "WITHSCORES")[2]
  for _, name in ipairs(KEYS) do
    if last then redis.call("PEXPIREAT", name, last) else redis.call("DEL", name) end
  end
  return { ... }
end
`;

/**
 * Takes a write to the account before it happens. ARGV: key, bytes, seconds to live, keys at most, bytes at most.
 * Gives `reserved` and the write's serial; or `keys` or `bytes` and how many it would make, and reserves nothing; or
 * `again` where that cannot be said yet, because more has ended than is taken off at once.
 */
export const RESERVE = `${ACCOUNT}
local key, size, life_ms = ARGV[1], tonumber(ARGV[2]), ARGV[3] * 1000
local keys_max, bytes_max = tonumber(ARGV[4]), tonumber(ARGV[5])
for _, ended in ipairs(redis.call("ZRANGEBYSCORE", ends, "-inf", now, "LIMIT", 0, ${ENDED_MAX})) do
  keep(ended, writes_of(ended), {})
end
local before, writes = writes_of(key), {}
for _, write in ipairs(before) do
  if write[3] > now then table.insert(writes, write) end
end
local keys = redis.call("ZCARD", ends) + (#before == 0 and 1 or 0)
local sum = (redis.call("HGET", bytes, "sum") or 0) - largest(before, 2) + size
if keys > keys_max or sum > bytes_max then
  if redis.call("ZCOUNT", ends, "-inf", now) > 0 then return close("again", 0) end
  if keys > keys_max then return close("keys", keys) end
  return close("bytes", sum)
end
if #writes == ${WRITES_MAX} then
  local oldest = { table.remove(writes, 1), writes[1] }
  writes[1] = { 0, largest(oldest, 2), largest(oldest, 3) }
end
local serial = math.max((redis.call("HGET", bytes, "serial") or 0) + 1, now)
redis.call("HSET", bytes, "serial", serial)
table.insert(writes, { serial, size, now + life_ms })
keep(key, before, writes)
return close("reserved", serial)
`;

/** Takes a write off the account: one that failed, or that another has replaced. ARGV: key, the write's serial. */
export const RELEASE = `${ACCOUNT}
local before, writes = writes_of(ARGV[1]), {}
for _, write in ipairs(before) do
  if write[1] ~= tonumber(ARGV[2]) then table.insert(writes, write) end
end
if #writes < #before then keep(ARGV[1], before, writes) end
return close()
`;
