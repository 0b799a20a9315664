const PATH = '/api/media/';

/** The URL of a stored file, relative to the server's. */
export function formatMediaUrl(mediaId: string): string {
  return PATH + mediaId;
}

/** Whether a URL is of a file that the server stores, directly or through a share. No other URL may be loaded as a file. */
export function isMediaUrl(url: string): boolean {
  return /^\/api\/(?:shares\/[\w-]+\/)?media\/[\w-]+$/.test(url);
}
