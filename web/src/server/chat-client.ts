import { createChatClient } from '@millrace/client';

/** The app and its server share an origin, so the session cookie says who is asking. */
export const chatClient = createChatClient();
