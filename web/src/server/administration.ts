import { createAdministration } from '@millrace/client/administration';
import { basePath } from './base-path.ts';

/** As whoever is signed in: for administrators alone. */
export const administration = createAdministration({ baseUrl: basePath });
