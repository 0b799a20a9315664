import type { Authenticator } from './auth/authenticator.ts';
import type { HttpDependencies } from './environment.ts';
import { aiSdkRoutes } from './compatibility/ai-sdk/ai-sdk-routes.ts';
import { chatsStreamRoutes } from './compatibility/chats-stream.ts';
import { durableStreamRoutes } from './compatibility/durable-streams/durable-stream-routes.ts';
import { eventSourceRoutes } from './compatibility/event-source.ts';
import { messageApiRoutes } from './compatibility/message-api.ts';
import { nestChatRoutes } from './compatibility/nest-chat.ts';
import { nextHookRoutes } from './compatibility/next-hook.ts';
import { openAiRoutes } from './compatibility/openai/openai-routes.ts';
import type { RouteGroup } from './openapi/document.ts';
import type { ReplyStarter } from './reply-starter.ts';
import { accountRoutes } from './routes/account-routes.ts';
import { adminRoutes } from './routes/admin-routes.ts';
import { attachmentRoutes } from './routes/attachment-routes.ts';
import { channelRoutes } from './routes/channel-routes.ts';
import { chatFileRoutes } from './routes/chat-file-routes.ts';
import { chatRoutes } from './routes/chat-routes.ts';
import { diagnosticsRoutes } from './routes/diagnostics-routes.ts';
import { keyRoutes } from './routes/key-routes.ts';
import { mediaRoutes } from './routes/media-routes.ts';
import { modelRoutes } from './routes/model-routes.ts';
import { operationRoutes } from './routes/operation-routes.ts';
import { ratingRoutes } from './routes/rating-routes.ts';
import { replyRoutes } from './routes/reply-routes.ts';
import { searchRoutes } from './routes/search-routes.ts';
import { shareRoutes } from './routes/share-routes.ts';
import { ticketRoutes } from './routes/ticket-routes.ts';

/** All routes of the server, by the tags of its OpenAPI document. */
export function routeGroups(
  dependencies: HttpDependencies,
  authenticator: Authenticator,
  replies: ReplyStarter,
): RouteGroup[] {
  const compatibility = { ...dependencies, replies };
  const groups: RouteGroup[] = [
    {
      tag: 'Chats',
      description: 'Chats, messages, replies and their events',
      routes: [
        ...chatRoutes(dependencies),
        ...searchRoutes(dependencies),
        ...channelRoutes(dependencies),
        ...replyRoutes(dependencies, replies),
        ...ratingRoutes(dependencies),
        ...mediaRoutes(dependencies),
      ],
    },
    {
      tag: 'Sharing',
      description: 'Chats as files, and links to read-only copies',
      routes: [...chatFileRoutes(dependencies), ...shareRoutes(dependencies)],
    },
    {
      tag: 'Attachments',
      description: 'Images and text files that people send',
      routes: attachmentRoutes(dependencies),
    },
    {
      tag: 'Compatibility',
      description: 'The same replies in the wire formats of other chat backends',
      routes: [
        ...ticketRoutes(dependencies),
        ...chatsStreamRoutes(compatibility),
        ...nextHookRoutes(compatibility),
        ...messageApiRoutes(compatibility),
        ...eventSourceRoutes(compatibility),
        ...nestChatRoutes(compatibility),
      ],
    },
    {
      tag: 'Integrations',
      description: 'API keys, and the APIs of other libraries',
      routes: [
        ...keyRoutes(dependencies, authenticator),
        ...openAiRoutes(dependencies, replies),
        ...aiSdkRoutes(dependencies, replies),
        ...durableStreamRoutes(dependencies),
        ...diagnosticsRoutes(dependencies),
      ],
    },
    {
      tag: 'Accounts',
      description: 'Signing in, the caller, and what they used',
      routes: accountRoutes(dependencies, authenticator),
    },
    {
      tag: 'Administration',
      description: 'Users, budgets and the ledger, for administrators',
      routes: adminRoutes(dependencies, authenticator),
    },
    {
      tag: 'Server',
      description: 'Models, features, health and metrics',
      routes: [...modelRoutes(dependencies), ...operationRoutes(dependencies, () => groups)],
    },
  ];
  return groups;
}
