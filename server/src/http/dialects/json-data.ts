/** As in `{"done": true, "tokens_used": 187}`: strangers' clients, and their documentation, look for just this. */
export function spacedJson(value: object): string {
  // Line ends in JSON are all its own: those within strings are escaped.
  return JSON.stringify(value, null, 1).replaceAll(/,\n */g, ', ').replaceAll(/\n */g, '');
}

export function jsonData(value: object): string {
  return `data: ${spacedJson(value)}`;
}

/** Code points: JSON needs six bytes at most for each, so that an event has less than 1 KB with its id. */
const PIECE = /[^]{1,140}/gu;

/** Text for clients that don't wait for the rest of a line: in pieces that networks don't cut. */
export function smallPieces(text: string): string[] {
  return text.match(PIECE) ?? [];
}
