/** One event of a Gemini reply with this text; the last one has a finish reason. */
export function chunk(text: string, finishReason?: string): string {
  const candidate = {
    content: { parts: [{ text }], role: 'model' },
    index: 0,
    ...(finishReason && { finishReason }),
  };
  const usageMetadata = { promptTokenCount: 2, candidatesTokenCount: 3, totalTokenCount: 5 };
  const body = { candidates: [candidate], usageMetadata, modelVersion: 'gemini-3.8-flash' };
  return `data: ${JSON.stringify(body)}\r\n\r\n`;
}
