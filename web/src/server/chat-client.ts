import { createChatClient } from '@millrace/client';
import { basePath } from './base-path.ts';

/** The app and its server share an origin, so the session cookie authenticates each request. */
export const chatClient = createChatClient({ baseUrl: basePath });
