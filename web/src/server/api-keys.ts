import { createKeys } from '@millrace/client/keys';
import { place } from './place.ts';

export const apiKeys = createKeys({ baseUrl: place });
