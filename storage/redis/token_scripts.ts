/**
 * Books a place in the index for a key; booked twice it is one. KEYS: the index. ARGV: the bound, when the key ends
 * (`+inf` = never), its id. Gives 0 where there is no place.
 */
export const BOOK = `
if not redis.call("ZSCORE", KEYS[1], ARGV[3]) and redis.call("ZCARD", KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call("ZADD", KEYS[1], "NX", ARGV[2], ARGV[3])
return 1
`;

/** Writes a key unless there is one. KEYS: its record. ARGV: fields and values. Gives 0 where there is one. */
export const ADD = `
if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
redis.call("HSET", KEYS[1], unpack(ARGV))
return 1
`;

/** Gives a key an earlier end. KEYS: its record. ARGV: the end. Gives 0 where there is no such key. */
export const EXPIRE = `
if redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
local current = tonumber(redis.call("HGET", KEYS[1], "expires_at_ms") or "")
if not current or current > tonumber(ARGV[1]) then redis.call("HSET", KEYS[1], "expires_at_ms", ARGV[1]) end
return 1
`;
