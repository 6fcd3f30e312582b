/** The two decisions that have to be made where the data is: whether a row is greater than what stands, and whether a checkpoint is still the last one. */
import { createHash } from 'node:crypto';
import type { Script } from '../../redis/index.js';

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/**
 * KEYS: one or, on a server alone, several. ARGV: "1" to overwrite whatever is stored, else "0"; then new value and expiry in ms of each key. Answers a list:
 * 0: what stands is not smaller, 1: the key was not there, 2: replaced (spec 07 §6). Strings are compared byte by byte: Lua's own order follows the
 * server's locale. What is no value of a collection counts as absent.
 */
export const WRITE = script(`
local function head(v)
  if string.byte(v, 1) == 91 then
    local d, n = string.match(v, '^%[(%-?%d+),(%d+)[,%]]')
    return tonumber(d), tonumber(n)
  end
  return tonumber(string.match(v, '^%-?%d+$')), 1
end
local function greater(new, cur)
  if new == cur then return false end
  local cd, cn = head(cur)
  if not (cd and cn) then return true end
  local nd, nn = head(new)
  if nd ~= cd then return nd > cd end
  if nn ~= cn then return nn > cn end
  for i = 1, math.min(#new, #cur) do
    local a, b = string.byte(new, i), string.byte(cur, i)
    if a ~= b then return a > b end
  end
  return #new > #cur
end
local force = ARGV[1] == '1'
local outcomes = {}
for i = 1, #KEYS do
  local new, cur = ARGV[2 * i], redis.call('GET', KEYS[i])
  if cur and not force and not greater(new, cur) then
    outcomes[i] = 0
  else
    redis.call('SET', KEYS[i], new, 'PXAT', ARGV[2 * i + 1])
    outcomes[i] = cur and 2 or 1
  end
end
return outcomes
`);

/**
 * KEYS[1]; new checkpoint, its task's id, the sequence number before it. 1 when the key holds that one, or already the new one (its answer was lost); else 0:
 * the data that the checkpoint speaks of is gone or another's (spec 07 §8).
 */
export const ADVANCE = script(`
local cur = redis.call('GET', KEYS[1])
if not cur then return 0 end
if cur ~= ARGV[1] then
  local ok, stored = pcall(cjson.decode, cur)
  if not ok or type(stored) ~= 'table' or stored.id ~= ARGV[2] or stored.seq ~= tonumber(ARGV[3]) then return 0 end
  redis.call('SET', KEYS[1], ARGV[1])
end
return 1
`);
