import { createSearch } from '@millrace/client/search';
import { place } from './place.ts';

export const { search } = createSearch({ baseUrl: place });
