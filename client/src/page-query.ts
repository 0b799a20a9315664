/** Selects a page of a list. */
export interface PageQuery {
  cursor?: string | undefined;
  limit?: number | undefined;
}
