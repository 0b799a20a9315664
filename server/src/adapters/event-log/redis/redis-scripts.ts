import { redisScript } from '../../redis/redis.ts';

/**
 * Each reply has three keys, all in one slot:
 *
 * - events: a stream; each entry has the records of one commit, and the sequence of its last record as its id
 * - fence: `<epoch> <writer> <sequence>`, who may write, and the last sequence written
 * - server: the id of the Redis run that had all of it; another run may have lost some
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
 * Adds an entry to each of several streams whose fence is the expected one, and publishes it.
 * Keys of each stream: fence, events. Arguments: TTL of the fence (s); then for each stream the fence before and after, the entry's
 * id, and the entry. Answers, for each refused entry, its index and the actual fence, empty when there is none. An entry that was
 * added before isn't refused, and isn't added again.
 */
export const APPEND = redisScript(`
  local refused = {}
  for index = 1, #KEYS / 2 do
    local fence, events, first = KEYS[2 * index - 1], KEYS[2 * index], 4 * index - 2
    local state = redis.call('GET', fence)
    if state == ARGV[first] then
      redis.call('XADD', events, ARGV[first + 2], 'e', ARGV[first + 3])
      redis.call('SET', fence, ARGV[first + 1], 'EX', ARGV[1])
      redis.call('SPUBLISH', events, ARGV[first + 3])
    elseif state ~= ARGV[first + 1] then
      refused[#refused + 1] = index
      refused[#refused + 1] = state or ''
    end
  end
  return refused`);

/**
 * Gives a log to one writer, and takes it from writers of this or an earlier epoch.
 * Keys: fence, events, server. Arguments: TTL (s), epoch, writer, and 1 when the log is new.
 * Answers 0 and the later epoch that owns the log; or 1 and the last sequence; or 2 when some of the log may be lost, which is
 * remembered.
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
 * Restores a log in a Redis that has lost records or was unreachable.
 * Keys: fence, events, server. Arguments: TTL (s), epoch, writer, last committed sequence, an entry with the records that Redis
 * should hold, which may be empty, and the last sequence that was ever sent: records between the two may have been seen, and count
 * as lost until they are written again. Answers 0 when another writer owns the log; 1 when it is whole; 2 when such records are
 * missing.
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
 * Deletes the entries of several logs that are saved in PostgreSQL. Keys of each log: events, server. Arguments: TTL of the others (s);
 * then for each log the first id that stays.
 */
export const TRIM = redisScript(`
  for index = 1, #KEYS / 2 do
    local events = KEYS[2 * index - 1]
    redis.call('XTRIM', events, 'MINID', ARGV[index + 1])
    redis.call('EXPIRE', events, ARGV[1])
    redis.call('EXPIRE', KEYS[2 * index], ARGV[1])
  end
  return 0`);

/** Sets the TTL of all keys (s). */
export const EXPIRE = redisScript(`
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[1]) end
  return 0`);

/** Deletes a log's events, and publishes its new last sequence. Keys: events. Arguments: the message to publish. */
export const DISCARD = redisScript(`
  redis.call('DEL', KEYS[1])
  redis.call('SPUBLISH', KEYS[1], ARGV[1])
  return 0`);
