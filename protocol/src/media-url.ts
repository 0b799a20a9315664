const PATH = '/api/media/';

/** Where the server gives out a file, relative to its own address. */
export function formatMediaUrl(mediaId: string): string {
  return PATH + mediaId;
}

/** Whether an address is of a file that the server keeps, by itself or through a share: nothing else may be loaded as one. */
export function isMediaUrl(url: string): boolean {
  return /^\/api\/(?:shares\/[\w-]+\/)?media\/[\w-]+$/.test(url);
}
