import { createAccounts } from '@millrace/client/accounts';
import { basePath } from './base-path.ts';

export const accounts = createAccounts({ baseUrl: basePath });
