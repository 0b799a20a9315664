/**
 * Data that a model's service attaches to a part of its output and wants back with that part, such as a signature. Only the adapter
 * that produced it can read it.
 */
export interface ProviderData {
  /** `ModelProvider.name`. */
  provider: string;
  /** The requested model. The data means nothing to another model. */
  model: string;
  data: object;
}

/** Provider data of a stored reply, with the part it belongs to. */
export interface PlacedProviderData extends ProviderData {
  /** Where the part starts in the reply's text, in UTF-16 units. */
  at: number;
  /** The part's share of the reply's text; empty for a thought, or for a part that only carries data. */
  text: string;
}

/** An image, in one of the formats of `readImageFormat`. */
export interface ModelImage {
  /** `image/png`, `image/jpeg`, `image/webp` or `image/gif`, determined from the bytes. */
  mimeType: string;
  bytes: Uint8Array;
  /** In pixels; null when the image doesn't say. */
  width: number | null;
  height: number | null;
}

/** An image without its size. */
export type InputImage = Pick<ModelImage, 'mimeType' | 'bytes'>;

interface Part {
  providerData?: ProviderData;
}

/** With an empty text, only a carrier of provider data. */
export interface TextPart extends Part {
  type: 'text';
  text: string;
}

export interface MediaPart extends Part, ModelImage {
  type: 'media';
}

export interface FilePart extends Part {
  type: 'file';
  name: string;
  /** Null for a file that was attached earlier and is not sent again: the model learns only its name. */
  text: string | null;
}

export interface ToolCallPart extends Part {
  type: 'tool-call';
  /** Links the call to its result. */
  id: string;
  name: string;
  arguments: Record<string, unknown>;
}

export interface ToolResultPart extends Part {
  type: 'tool-result';
  /** Of the call. */
  id: string;
  name: string;
  result: unknown;
}

export type PromptPart = TextPart | MediaPart | FilePart | ToolCallPart | ToolResultPart;

/** One turn of a prompt. A tool result belongs to a turn of the user. */
export interface Turn {
  role: 'user' | 'assistant';
  /** At least one. */
  parts: readonly PromptPart[];
}
