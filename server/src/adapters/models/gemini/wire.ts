/** The fields of Gemini's REST API that we use. Every field of a response may be missing; unknown ones are ignored. */

export interface WireChunk {
  candidates?: WireCandidate[];
  promptFeedback?: { blockReason?: string; blockReasonMessage?: string; safetyRatings?: WireSafetyRating[] };
  usageMetadata?: WireUsage;
  modelVersion?: string;
  error?: WireError;
}

export interface WireCandidate {
  content?: { parts?: WirePart[] };
  finishReason?: string;
  finishMessage?: string;
  /** With the finishReason CONTINUATION. */
  continuationToken?: string;
  groundingMetadata?: { groundingChunks?: { web?: WireSource }[] };
  /** `citationSources` in the Gemini API, `citations` in Vertex AI. */
  citationMetadata?: { citationSources?: WireSource[]; citations?: WireSource[] };
  safetyRatings?: WireSafetyRating[];
}

export interface WireSource {
  uri?: string;
  title?: string;
}

export interface WireSafetyRating {
  category?: string;
  probability?: string;
  blocked?: boolean;
}

export interface WirePart {
  text?: string;
  thought?: boolean;
  thoughtSignature?: string;
  inlineData?: WireBlob;
  functionCall?: { id?: string; name?: string; args?: object };
  functionResponse?: { id: string; name: string; response: object };
}

export interface WireBlob {
  mimeType?: string;
  /** Base64. */
  data?: string;
}

/** Cumulative: each chunk repeats the totals so far. */
export interface WireUsage {
  promptTokenCount?: number;
  cachedContentTokenCount?: number;
  candidatesTokenCount?: number;
  thoughtsTokenCount?: number;
  toolUsePromptTokenCount?: number;
}

/** A budget and a level together are rejected. */
export interface WireThinking {
  includeThoughts?: true;
  thinkingBudget?: number;
  thinkingLevel?: 'minimal' | 'low' | 'medium' | 'high';
}

export interface WireError {
  code?: number;
  message?: string;
  status?: string;
  details?: { '@type'?: string; reason?: string; retryDelay?: string }[];
}

export interface WireModel {
  name?: string;
  displayName?: string;
  inputTokenLimit?: number;
  outputTokenLimit?: number;
  supportedGenerationMethods?: string[];
}
