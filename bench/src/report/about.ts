/** A description of each scenario, in the order of the report. */
export const SCENARIOS_SHOWN: Record<string, string> = {
  relay:
    'Replies at a fixed pace from the model through a server, each to one reader. A delay is the time from the model’s write to the reader’s read. “Steady” is the part after all replies have begun.',
  saturation:
    'The highest rate at which 500 replies deliver events from the model to their readers with no event delayed by 100 ms, found in steps.',
  'fan-out': 'Many readers of one reply, or of a few replies.',
  idle: 'Open streams without events.',
  stalled: 'Readers that stop reading while the reply continues.',
  resume: 'A finished reply of 1 MB, replayed from its start.',
  start:
    'The time from the request that starts a reply to its first event, which doesn’t wait for the model.',
  counting:
    'Replies of a model that reports token usage, and of a model that doesn’t, so that the counting service is called. Known questions are not counted again; each reply is.',
  durability:
    'The same server with its durable log, and with an in-memory log that replaces it at start. Store and ledger are the same.',
  history: 'The messages of a long chat.',
  adapter: 'Reading the model’s stream inside one process, without a server: CPU per chunk.',
  'cold-start': 'The time from the start of the process until it listens.',
  'chat-app':
    'The built app in Chromium, with the server, the model and other processes on the same cores. Tasks are tasks of the page’s main thread.',
  cluster:
    'Several servers that share PostgreSQL, with and without Redis, compared with one server on SQLite, and with `resumable-stream` on the same Redis.',
  memory: 'Resident memory while 200 replies are always running.',
};
