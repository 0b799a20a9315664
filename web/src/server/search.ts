import { createSearch } from '@millrace/client/search';
import { basePath } from './base-path.ts';

export const { search } = createSearch({ baseUrl: basePath });
