import { createKeys } from '@millrace/client/keys';
import { basePath } from './base-path.ts';

export const apiKeys = createKeys({ baseUrl: basePath });
