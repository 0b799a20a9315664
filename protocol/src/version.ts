/** The version of this protocol, which `meta` carries. A client that meets a newer one must be reloaded or updated. */
export const PROTOCOL_VERSION = 2;
