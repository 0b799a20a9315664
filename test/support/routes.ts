import { MemoryQuotas } from '../../server/src/adapters/quotas/memory-quotas.ts';
import type { Authenticator } from '../../server/src/http/auth/authenticator.ts';
import type { HttpDependencies } from '../../server/src/http/environment.ts';
import type { ReplyStarter } from '../../server/src/http/reply-starter.ts';
import { routeGroups } from '../../server/src/http/route-groups.ts';
import type { RouteGroup } from '../../server/src/http/openapi/document.ts';

/** The definitions of all routes, by tag. Their handlers can't be called. */
export function routeDefinitions(): RouteGroup[] {
  const limits = { maxOutputTokens: 1, attachments: 1 };
  const settings = { maxMessageChars: 1, limits, guestsPerHour: null };
  // Definitions read settings; handlers alone use the rest.
  const dependencies = {
    settings,
    quotas: new MemoryQuotas(),
    accounts: { endpoints: [] },
  } as unknown as HttpDependencies;
  return routeGroups(dependencies, {} as Authenticator, {} as ReplyStarter);
}
