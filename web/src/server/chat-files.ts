import { createChatFiles } from '@millrace/client/chat-files';
import { place } from './place.ts';

export const chatFiles = createChatFiles({ baseUrl: place });
