/** The bytes of images and attached files, stored once each. */
export interface MediaContentsRow {
  /** SHA-256 in hexadecimal digits. */
  hash: string;
  mime_type: string;
  /** In bytes. */
  size: number;
  /** The last column, because the end of a long row is only read when it is selected. */
  bytes: Uint8Array;
}

/** A use of an image in a reply. */
export interface MediaRow {
  id: string;
  hash: string;
  chat_id: string;
  generation_id: string;
  created_at: number;
}

/** A file that a user attached or is about to attach to a message. */
export interface AttachmentRow {
  id: string;
  owner_id: string;
  /** Null until a message takes the file, when its chat doesn't exist yet. */
  chat_id: string | null;
  hash: string;
  kind: 'image' | 'text';
  name: string;
  width: number | null;
  height: number | null;
  /** When a message first took it. */
  used_at: number | null;
  created_at: number;
}

/** A share link and its snapshot. */
export interface ShareRow {
  id: string;
  chat_id: string;
  /** SHA-256 of the token in hexadecimal digits. */
  hash: string;
  title: string | null;
  message_count: number;
  created_at: number;
  expires_at: number | null;
  /** JSON of the snapshot. The last column, like the bytes of images. */
  messages: string;
}

/** An image in a snapshot. */
export interface ShareMediaRow {
  share_id: string;
  media_id: string;
  /** The contents, which are stored as long as a snapshot shows them. */
  hash: string;
}
