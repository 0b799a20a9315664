/** The page of a shared chat, relative to the server's address. */
export function formatShareUrl(token: string): string {
  return `/share/${token}`;
}

/** An image of a shared chat, for everyone who has the link. */
export function formatSharedMediaUrl(token: string, mediaId: string): string {
  return `/api/shares/${token}/media/${mediaId}`;
}
