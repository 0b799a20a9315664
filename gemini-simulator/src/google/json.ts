/**
 * JSON as Gemini's streams write it, a space after a colon and none after a comma, angle brackets
 * escaped. Every recorded event comes out of this byte for byte when parsed and written again.
 */
export function googleJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(googleJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return escapeAngles(JSON.stringify(value));
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}: ${googleJson(member)}`);
  return `{${members.join(',')}}`;
}

/** JSON as Google writes whole bodies: indented by two, with a line feed at the end. */
export function prettyGoogleJson(value: unknown): string {
  return `${escapeAngles(JSON.stringify(value, null, 2))}\n`;
}

function escapeAngles(json: string): string {
  return json.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
}
