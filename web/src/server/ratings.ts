import { createRatings } from '@millrace/client/ratings';
import { basePath } from './base-path.ts';

export const ratings = createRatings({ baseUrl: basePath });
