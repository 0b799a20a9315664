import type { Simulator } from 'millrace-gemini-simulator';
import type { ModelGate } from './model-gate.ts';

const CHUNK_CHARS = 500;

/** Scripts a reply with this text whose end the gate holds back until `open`. Its usage is missing, so that nothing is sent before the end. */
export function scriptHeldEnd(simulator: Simulator, gate: ModelGate, text: string): void {
  const chunks: string[] = [];
  for (let start = 0; start < text.length; start += CHUNK_CHARS)
    chunks.push(text.slice(start, start + CHUNK_CHARS));
  gate.allow(chunks.length);
  // The last event has no text, only the finish reason.
  simulator.script([{ chunks: [...chunks, ''], usage: 'missing' }]);
}
