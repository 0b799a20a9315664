/**
 * JSON as Gemini's streams format it: a space after a colon, none after a comma, and escaped angle brackets. Every recorded
 * event, parsed and formatted again, is identical byte for byte.
 */
export function googleJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(googleJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return escapeAngles(JSON.stringify(value));
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}: ${googleJson(member)}`);
  return `{${members.join(',')}}`;
}

/** JSON as Google formats whole bodies: indented by two spaces, with a final line feed. */
export function prettyGoogleJson(value: unknown): string {
  return `${escapeAngles(JSON.stringify(value, null, 2))}\n`;
}

function escapeAngles(json: string): string {
  return json.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
}
