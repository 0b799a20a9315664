const CR = 0x0d;
const LF = 0x0a;

/**
 * The positions at which a network could cut a recording, by what they cut through. A position is the offset of the first byte
 * of the second piece.
 */
export function cutsByKind(bytes: Uint8Array): Map<string, number[]> {
  const cuts = new Map<string, number[]>();
  const add = (kind: string, position: number) => {
    const positions = cuts.get(kind) ?? [];
    positions.push(position);
    cuts.set(kind, positions);
  };
  for (let position = 1; position < bytes.length; position += 1) {
    const [before, after] = [bytes[position - 1], bytes[position]];
    if (after !== undefined && (after & 0xc0) === 0x80) add('inside a UTF-8 character', position);
    if (before === CR && after === LF) add('between CR and LF', position);
    if (before === LF && after === CR) add('between two CRLFs', position);
    if (before === LF && after === 'd'.charCodeAt(0)) add('between two events', position);
  }
  // In Latin-1 each byte is one character, so offsets in the text are offsets in the bytes.
  const latin1 = Buffer.from(bytes).toString('latin1');
  const tokens =
    /(?<prefix>data: )|(?<string>"(?:[^"\\]|\\u[0-9a-f]{4}|\\.)*")|(?<number>-?\d[\d.eE+-]*)|(?<word>true|false|null)/gs;
  for (const match of latin1.matchAll(tokens)) {
    const { prefix, string, number, word } = match.groups ?? {};
    const inside = (text: string, kind: string, offset = match.index) => {
      for (let index = 1; index < text.length; index += 1) add(kind, offset + index);
    };
    if (prefix !== undefined) {
      inside('data', 'inside "data:"');
      add('after "data:"', match.index + 5);
      add('before the JSON', match.index + 6);
    }
    if (number !== undefined) inside(number, 'inside a number');
    if (word !== undefined) inside(word, 'inside a word of JSON');
    if (string !== undefined) {
      inside(string, 'inside a string');
      for (const escape of string.matchAll(/\\(?:u[0-9a-f]{4}|.)/g)) {
        inside(escape[0], 'inside an escape', match.index + escape.index);
      }
    }
  }
  return cuts;
}

/** At most `count` positions, spread evenly. */
export function spread(positions: readonly number[], count: number): number[] {
  const step = Math.max(1, positions.length / count);
  return Array.from({ length: Math.min(count, positions.length) }, (_, index) =>
    positions.at(Math.floor(index * step)),
  ).filter((position) => position !== undefined);
}
