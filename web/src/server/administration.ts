import { createAdministration } from '@millrace/client/administration';
import { basePath } from './base-path.ts';

/** For administrators only. */
export const administration = createAdministration({ baseUrl: basePath });
