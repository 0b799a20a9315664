/** A description of each scenario, in the order of the report. */
export const SCENARIOS_SHOWN: Record<string, string> = {
  relay:
    'Replies at a fixed pace from the model through a server to a reader each. Delays are from the model’s write to the reader’s read, “steady” once all replies have begun.',
  saturation:
    'The most events a second that 500 replies together bring from the model to their readers with none late by 100 ms, by steps.',
  'fan-out': 'Many readers of one reply, or of a few.',
  idle: 'Streams that are open and quiet.',
  stalled: 'Readers that stop reading while the reply goes on.',
  resume: 'A finished reply of 1 MB, read again from its beginning.',
  start: 'From the request that starts a reply to its first event, the model’s first word not waited for.',
  counting:
    'Replies of a model that reports what they use, and of one that doesn’t, so that its service counts them. What was asked before isn’t counted again, what was said is.',
  durability:
    'The same server with its own log and with one that writes nothing down (an in-memory log put in its place when it is loaded; store and ledger stay as they are).',
  history: 'The messages of a long chat.',
  adapter: 'Reading the model inside one process, without a server: CPU for each chunk.',
  'cold-start': 'From the start of the process to the moment it listens.',
  'chat-app':
    'The built app in Chromium, with the server, the model and other processes on the same cores. Tasks are those of the page’s main thread.',
  cluster:
    'Several servers that share PostgreSQL, and Redis beside it, against one with its own files, and against `resumable-stream` on the same Redis.',
  memory: 'Resident memory while 200 replies are always running.',
};
