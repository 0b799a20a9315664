import { createChatFiles } from '@millrace/client/chat-files';
import { basePath } from './base-path.ts';

export const chatFiles = createChatFiles({ baseUrl: basePath });
