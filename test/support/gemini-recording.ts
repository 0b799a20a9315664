/** What a recorded reply says, read without the server's own parser: the recording is a list of lines of JSON. */
export interface RecordedReply {
  text: string;
  thoughts: string;
  sources: { title: string; url: string }[];
  callsFunction: boolean;
  usage: {
    promptTokens: number;
    cachedTokens: number;
    outputTokens: number;
    thoughtTokens: number;
    toolUseTokens: number;
    totalTokens: number;
  };
}

interface Chunk {
  candidates?: {
    content?: { parts?: { text?: string; thought?: boolean; functionCall?: object }[] };
    groundingMetadata?: { groundingChunks?: { web?: { uri: string; title: string } }[] };
  }[];
  usageMetadata?: Record<string, number>;
}

/** @param bytes a whole `streamGenerateContent?alt=sse` body with CRLF line ends */
export function readRecording(bytes: Uint8Array): RecordedReply {
  const chunks = Buffer.from(bytes)
    .toString()
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line.replace(/^data: /, '')) as Chunk);
  const candidates = chunks.flatMap((chunk) => chunk.candidates ?? []);
  const parts = candidates.flatMap(({ content }) => content?.parts ?? []);
  const textOf = (isThought: boolean) =>
    parts
      .filter((part) => (part.thought ?? false) === isThought)
      .map((part) => part.text ?? '')
      .join('');
  const pages = candidates.flatMap(({ groundingMetadata }) =>
    (groundingMetadata?.groundingChunks ?? []).flatMap(({ web }) => (web ? [web] : [])),
  );
  const last = chunks.findLast((chunk) => chunk.usageMetadata !== undefined)?.usageMetadata ?? {};
  return {
    text: textOf(false),
    thoughts: textOf(true),
    sources: [...new Map(pages.map(({ uri, title }) => [uri, { title, url: uri }])).values()],
    callsFunction: parts.some((part) => part.functionCall !== undefined),
    usage: {
      promptTokens: last['promptTokenCount'] ?? 0,
      cachedTokens: last['cachedContentTokenCount'] ?? 0,
      outputTokens: last['candidatesTokenCount'] ?? 0,
      thoughtTokens: last['thoughtsTokenCount'] ?? 0,
      toolUseTokens: last['toolUsePromptTokenCount'] ?? 0,
      totalTokens: last['totalTokenCount'] ?? 0,
    },
  };
}
