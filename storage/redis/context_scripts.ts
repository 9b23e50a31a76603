/**
 * What is stored under a key, which version that is, its meta, its writer and when it was written. KEYS of every script
 * but one: the value, its meta.
 *
 * The meta holds the digest of the value it speaks of. A value that somebody wrote by hand has no meta, or one that
 * speaks of another value: it counts as the next version, of an unknown writer at an unknown time, so that an agent
 * that expects the version before gets its conflict.
 */
const READ = `
local function read(value_key, meta_key)
  local value = redis.call("GET", value_key)
  if not value then return value, 0, {}, "", "0" end
  local meta = redis.call("HMGET", meta_key, "version", "writer", "written_at_ms", "sha1", "reserved")
  local version = tonumber(meta[1] or 0) or 0
  if meta[4] == redis.sha1hex(value) then return value, version, meta, meta[2], meta[3] end
  return value, version + 1, meta, "", "0"
end
`;

const ANSWER = `${READ}
local function answer(value_key, meta_key)
  local value, version, _, writer, written_at_ms = read(value_key, meta_key)
  return value and { value, version, writer, written_at_ms, redis.call("PTTL", value_key) }
end
`;

/** Gives `false`, or the value, its version, its writer, when it was written, and its milliseconds left. */
export const GET = `${ANSWER}
return answer(KEYS[1], KEYS[2])
`;

/** GET for several entries, of which KEYS has the value and the meta in turn; an empty list for one that cannot be read. */
export const GET_SEVERAL = `${ANSWER}
local answers = {}
for i = 1, #KEYS, 2 do
  local is_read, found = pcall(answer, KEYS[i], KEYS[i + 1])
  if not is_read then found = {} end
  answers[#answers + 1] = found
end
return answers
`;

/**
 * ARGV: the expected version or nothing. Gives 1, the version that was removed, 0 for none, and the writer and serial of
 * its write, if that is on an account; or 0 and the stored version where another was expected.
 */
export const DELETE = `${READ}
local _, version, meta = read(KEYS[1], KEYS[2])
if ARGV[1] ~= "" and tonumber(ARGV[1]) ~= version then return { 0, version, "", "" } end
redis.call("DEL", KEYS[1], KEYS[2])
return { 1, version, meta[2] or "", meta[5] or "" }
`;

/**
 * ARGV: value, writer, time of writing, seconds to live, the expected version or nothing, and the serial of the write on
 * its writer's account or nothing. Gives 1, the new version, and the writer and serial of the write that was replaced,
 * if that is on an account; or 0 and the stored version where another was expected. The meta is never gone in between:
 * while its slot moves to another node of a Cluster, a script must not ask for a key that it has removed itself.
 */
export const SET = `${READ}
local _, version, meta = read(KEYS[1], KEYS[2])
if ARGV[5] ~= "" and tonumber(ARGV[5]) ~= version then return { 0, version, "", "" } end
local kind = redis.call("TYPE", KEYS[2]).ok
if kind ~= "hash" and kind ~= "none" then redis.call("DEL", KEYS[2]) end
redis.call("HSET", KEYS[2],
  "version", version + 1, "writer", ARGV[2], "written_at_ms", ARGV[3], "sha1", redis.sha1hex(ARGV[1]))
if ARGV[6] ~= "" then
  redis.call("HSET", KEYS[2], "reserved", ARGV[6])
else
  redis.call("HDEL", KEYS[2], "reserved")
end
redis.call("EXPIRE", KEYS[2], ARGV[4])
redis.call("SET", KEYS[1], ARGV[1], "EX", ARGV[4])
return { 1, version + 1, meta[2] or "", meta[5] or "" }
`;
