/** The `key` under which a usage report sums up all requests to the OpenAI-compatible API, whose chats are hidden. */
export const API_USAGE_KEY = 'api';
