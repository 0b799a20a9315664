import { z } from 'zod';

/** Ids are lower case, however a path writes them. */
export const uuidParameter = z.uuid().toLowerCase();

export const generationIdParameter = z.string().regex(/^[0-9A-Za-z]{16}$/, 'must be 16 letters and digits');
