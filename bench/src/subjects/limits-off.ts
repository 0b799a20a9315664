const LIMITS = [
  'GUESTS_PER_IP_PER_HOUR',
  'SIGN_INS_PER_MINUTE',
  'DEFAULT_TOKEN_LIMIT',
  'GUEST_TOKEN_LIMIT',
  'TOTAL_TOKEN_LIMIT',
  'RATE_LIMIT_PER_MINUTE',
  'MAX_CONCURRENT_REPLIES',
  'MESSAGE_RATE_LIMIT_MS',
  'MAX_CHATS_PER_USER',
];

/** The environment variables that switch off all limits of this server. */
export function limitsOff(): Record<string, string> {
  return Object.fromEntries(LIMITS.map((limit) => [limit, 'none']));
}
