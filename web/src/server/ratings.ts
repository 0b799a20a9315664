import { createRatings } from '@millrace/client/ratings';
import { place } from './place.ts';

export const ratings = createRatings({ baseUrl: place });
