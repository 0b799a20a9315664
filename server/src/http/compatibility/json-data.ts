/** JSON with spaces, as in `{"done": true, "tokens_used": 187}`: existing clients search for exactly this text. */
export function spacedJson(value: object): string {
  // Every line end is formatting: line ends within strings are escaped.
  return JSON.stringify(value, null, 1).replaceAll(/,\n */g, ', ').replaceAll(/\n */g, '');
}

export function jsonData(value: object): string {
  return `data: ${spacedJson(value)}`;
}

/** In code points. JSON needs at most six bytes for each, so that an event with its id has less than 1 KB. */
const PIECE = /[^]{1,140}/gu;

/** Splits text into pieces that networks don't cut, for clients that don't buffer incomplete lines. */
export function smallPieces(text: string): string[] {
  return text.match(PIECE) ?? [];
}
