import { createShareLinks } from '@millrace/client/shares';
import { place } from './place.ts';

export const shareLinks = createShareLinks({ baseUrl: place });
