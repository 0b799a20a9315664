/** Gemini's finish reasons for a reply that a filter cut short. */
const FILTERED: ReadonlySet<string> = new Set([
  'safety',
  'recitation',
  'blocklist',
  'prohibited_content',
  'spii',
  'image_safety',
]);

/** Whether a reply with this finish reason was cut short by a filter. */
export function isFiltered(finishReason: string): boolean {
  return FILTERED.has(finishReason);
}
