import { redisScript } from '../../redis/redis.ts';

/**
 * Three keys of each reply, all in one slot:
 *
 * - events: a stream; each entry has the events of one commit, and the last one's sequence for an id
 * - fence: `<epoch> <writer> <sequence>`, who may write, and which sequence was written last
 * - server: the run of Redis that had all of that; another one may have lost some
 */
const READ_FENCE = `
  local function fence(key)
    local state = redis.call('GET', key)
    if not state then return nil end
    local epoch, writer, last = string.match(state, '^(%d+) (%S+) (%d+)$')
    return tonumber(epoch), writer, tonumber(last)
  end
  local function run()
    return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
  end`;

/**
 * Adds an entry to each of several streams, where the fence is as its writer thinks, and tells who listens on other nodes.
 * Keys of each: fence, events. Words: how long the fence is kept (s); then of each the fence before and after, the entry's id, and
 * the entry. Answers, of those refused alone, the place among them all and the fence as it is; empty when there is none. What was
 * added already isn't refused, and isn't added again.
 */
export const APPEND = redisScript(`
  local refused = {}
  for place = 1, #KEYS / 2 do
    local fence, events, word = KEYS[2 * place - 1], KEYS[2 * place], 4 * place - 2
    local state = redis.call('GET', fence)
    if state == ARGV[word] then
      redis.call('XADD', events, ARGV[word + 2], 'e', ARGV[word + 3])
      redis.call('SET', fence, ARGV[word + 1], 'EX', ARGV[1])
      redis.call('SPUBLISH', events, ARGV[word + 3])
    elseif state ~= ARGV[word + 1] then
      refused[#refused + 1] = place
      refused[#refused + 1] = state or ''
    end
  end
  return refused`);

/**
 * Makes a log one writer's, whatever others of this or an earlier epoch think.
 * Keys: fence, events, server. Words: how long they are kept (s), epoch, writer, and 1 when there can't be a log yet.
 * Answers 0 and the epoch that forbids it; or 1 and the last sequence; or 2 when some of the log may be lost, which stays so.
 */
export const CLAIM = redisScript(`${READ_FENCE}
  local epoch, writer, last = fence(KEYS[1])
  if epoch and epoch > tonumber(ARGV[2]) then return {0, epoch} end
  local run = run()
  local isWhole = ARGV[4] == '1' and not epoch or epoch and redis.call('GET', KEYS[3]) == run
  redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[3] .. ' ' .. string.format('%d', last or 0), 'EX', ARGV[1])
  redis.call('SET', KEYS[3], isWhole and run or 'lost', 'EX', ARGV[1])
  if isWhole then return {1, last or 0} end
  return {2, 0}`);

/**
 * Puts back what a Redis that has lost something, or was only away, should have.
 * Keys: fence, events, server. Words: how long they are kept (s), epoch, writer, last sequence, the entry with what isn't in
 * PostgreSQL, which may be empty, and the last sequence that was ever sent: what lies between may have been seen, and counts as lost
 * until it is there. Answers 0 when it isn't this writer's to do; 1 when all is there; 2 when that is open.
 */
export const RESTORE = redisScript(`${READ_FENCE}
  local epoch, writer, last = fence(KEYS[1])
  local mine, known, run = tonumber(ARGV[2]), tonumber(ARGV[4]), run()
  if epoch and (epoch > mine or epoch == mine and writer ~= ARGV[3]) then return 0 end
  if epoch == mine and last >= known then
    if redis.call('GET', KEYS[3]) == run then return 1 end
    known = last
  else
    redis.call('DEL', KEYS[2])
    if ARGV[5] ~= '' then
      redis.call('XADD', KEYS[2], ARGV[4] .. '-0', 'e', ARGV[5])
      redis.call('EXPIRE', KEYS[2], ARGV[1])
      redis.call('SPUBLISH', KEYS[2], ARGV[5])
    end
    redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[3] .. ' ' .. ARGV[4], 'EX', ARGV[1])
  end
  local isWhole = known >= tonumber(ARGV[6])
  redis.call('SET', KEYS[3], isWhole and run or 'lost', 'EX', ARGV[1])
  return isWhole and 1 or 2`);

/** Answers 1 when nothing of a log is lost. Keys: fence, server. */
export const IS_WHOLE = redisScript(`${READ_FENCE}
  if fence(KEYS[1]) and redis.call('GET', KEYS[2]) == run() then return 1 end
  return 0`);

/**
 * Forgets the entries of several logs that PostgreSQL has. Keys of each: events, server. Words: how long the rest is kept (s); then
 * of each the first id that stays.
 */
export const TRIM = redisScript(`
  for place = 1, #KEYS / 2 do
    local events = KEYS[2 * place - 1]
    redis.call('XTRIM', events, 'MINID', ARGV[place + 1])
    redis.call('EXPIRE', events, ARGV[1])
    redis.call('EXPIRE', KEYS[2 * place], ARGV[1])
  end
  return 0`);

/** Has all keys expire after a time (s). */
export const EXPIRE = redisScript(`
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[1]) end
  return 0`);

/** Forgets a log's events, and tells who listens that it goes on far ahead. Keys: events. Words: what to tell. */
export const DISCARD = redisScript(`
  redis.call('DEL', KEYS[1])
  redis.call('SPUBLISH', KEYS[1], ARGV[1])
  return 0`);
