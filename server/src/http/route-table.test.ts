import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { jsonErrors } from './problem.ts';
import type { ErrorShape } from './problem.ts';
import { route } from './route.ts';
import type { Route } from './route.ts';
import type { CallerRule } from './auth/access-control.ts';
import { RouteTable } from './route-table.ts';

const ONE = jsonErrors(z.object({}), () => ({}));
const OTHER = jsonErrors(z.object({}), () => ({}));

function define(
  method: Route['method'],
  path: string,
  rest: { caller?: CallerRule; errorShape?: ErrorShape } = {},
): Route {
  return route({
    method,
    path,
    id: 'any',
    summary: '',
    caller: 'user',
    answers: [],
    handler: ({ c }) => c.body(null, 204),
    ...rest,
  });
}

const table = new RouteTable([
  define('GET', '/api/chats'),
  define('GET', '/api/chats/:chatId'),
  define('POST', '/api/chats/import'),
  define('GET', '/api/chat/token-stats', { errorShape: ONE }),
  define('GET', '/api/chat', { errorShape: ONE }),
  define('GET', '/api/chat/:chatId', { errorShape: ONE }),
  define('DELETE', '/api/chat/:chatId', { errorShape: ONE }),
  define('POST', '/api/chat/stream', { errorShape: OTHER }),
  define('GET', '/v1/models/:model{.+}', { errorShape: OTHER }),
  define('GET', '/chat/stream'),
  define('POST', '/chat/stream', { errorShape: OTHER }),
  define('GET', '/health', { caller: 'anyone' }),
  define('GET', '/metrics', { caller: 'operator' }),
]);

test('paths of the API are two prefixes, and the paths of routes outside of them', () => {
  expect(table.apiPaths).toEqual(['/api/*', '/v1/*', '/chat/stream', '/health', '/metrics']);
  expect(table.userPaths).toEqual(['/api/*', '/v1/*', '/chat/stream']);
});

test.each([
  ['/api/chat/x', ['GET', 'DELETE']],
  ['/api/chats/x', ['GET']],
  ['/api/chats/import', ['POST']],
  ['/api/chat/token-stats', ['GET']],
  ['/chat/stream', ['GET', 'POST']],
  ['/v1/models/a/b', ['GET']],
  ['/api/nothing', []],
  ['/', []],
])('%s takes %j', (path, methods) => expect(table.methodsAt(path)).toEqual(methods));

describe('errors have the shape', () => {
  test.each([
    ['of the route', 'POST', '/chat/stream', OTHER],
    ['of the GET route for a HEAD', 'HEAD', '/api/chat/token-stats', ONE],
    ['of another method at the path', 'PUT', '/api/chat/x', ONE],
    ['of the nearest path above', 'GET', '/api/chat/x/y/z', ONE],
    ['of the paths below, if they agree', 'GET', '/v1/nothing', OTHER],
    ['of problem details, if the paths below differ', 'GET', '/api/nothing', undefined],
    ['of problem details for a route without a shape', 'GET', '/chat/stream', undefined],
    ['of problem details outside of the API', 'GET', '/nothing', undefined],
    ['of problem details outside of the server’s prefix', 'GET', '', undefined],
  ] as const)('%s: %s %s', (_which, method, path, shape) => {
    expect(table.errorShapeAt(method, path)).toBe(shape);
  });
});
