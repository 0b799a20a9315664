import { createShareLinks } from '@millrace/client/shares';
import { basePath } from './base-path.ts';

export const shareLinks = createShareLinks({ baseUrl: basePath });
