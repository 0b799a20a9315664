interface Part {
  text?: string;
  thought?: true;
  thoughtSignature?: string;
}

interface Payload {
  candidates?: [{ content: { parts?: Part[] } }];
}

/** What generateContent answers where streamGenerateContent would have sent these chunks. */
export function mergeChunks(chunks: Payload[]): object {
  const last = chunks.at(-1) ?? {};
  const [candidate] = last.candidates ?? [];
  const parts: Part[] = [];
  for (const part of chunks.flatMap((chunk) => chunk.candidates?.[0].content.parts ?? [])) {
    const previous = parts.at(-1);
    if (previous?.text !== undefined && part.text !== undefined && previous.thought === part.thought) {
      Object.assign(previous, part, { text: previous.text + part.text });
    } else {
      parts.push({ ...part });
    }
  }
  // No text at all is told by the absence of parts, unless a signature needs one.
  const said = parts.filter((part) => part.text !== '' || part.thoughtSignature !== undefined);
  if (!candidate || said.length === 0) return last;
  return { ...last, candidates: [{ ...candidate, content: { parts: said, role: 'model' } }] };
}
