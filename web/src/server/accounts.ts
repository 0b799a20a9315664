import { createAccounts } from '@millrace/client/accounts';
import { place } from './place.ts';

export const accounts = createAccounts({ baseUrl: place });
