import type { PlacedProviderData, TextPart } from '../ports/prompt-parts.ts';

/** Rows of protocol 1 have this shape. Gemini was the only provider, and `part` is a part of its API. */
interface SignedPart {
  at: number;
  model: string;
  part: { text?: string; thought?: boolean };
}

/** Parses a stored list of provider data, in the current or the earlier shape. */
export function parseProviderData(json: string): PlacedProviderData[] {
  const stored: (PlacedProviderData | SignedPart)[] = JSON.parse(json);
  return stored.map((item) => {
    if ('data' in item) return item;
    const { at, model, part } = item;
    const text = part.thought === true ? '' : (part.text ?? '');
    return { at, text, provider: 'gemini', model, data: part };
  });
}

/**
 * Splits a reply's text into parts, so that each provider data is on its own part. Data whose text isn't at its position is left out: that
 * text was never published.
 */
export function splitText(text: string, placed: readonly PlacedProviderData[]): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  const addText = (until: number) => {
    if (until > end) parts.push({ type: 'text', text: text.slice(end, until) });
  };
  for (const { at, text: own, ...providerData } of placed) {
    if (at < end || at > text.length || !text.startsWith(own, at)) continue;
    addText(at);
    parts.push({ type: 'text', text: own, providerData });
    end = at + own.length;
  }
  addText(text.length);
  return parts;
}
