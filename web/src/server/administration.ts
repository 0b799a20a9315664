import { createAdministration } from '@millrace/client/administration';
import { place } from './place.ts';

/** As whoever is signed in: for administrators alone. */
export const administration = createAdministration({ baseUrl: place });
