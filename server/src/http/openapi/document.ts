import { PROBLEMS } from '@millrace/protocol';
import type { ProblemCode } from '@millrace/protocol';
import { problemSchema } from '@millrace/protocol/schemas';
import { z } from 'zod';
import type { HttpSettings } from '../environment.ts';
import type { Route } from '../route.ts';
import type { Answer, Operation } from './operation.ts';
import { accountOperations } from './operations/account-operations.ts';
import { adminOperations } from './operations/admin-operations.ts';
import { chatFileOperations } from './operations/chat-file-operations.ts';
import { chatOperations } from './operations/chat-operations.ts';
import { dialectOperations } from './operations/dialect-operations.ts';
import { integrationOperations } from './operations/integration-operations.ts';
import { serverOperations } from './operations/server-operations.ts';

type Json = Record<string, unknown>;
type Group = [name: string, description: string, operations: readonly Operation[]];

/** The routes that one tag of the document describes. */
export interface RouteGroup {
  tag: string;
  description: string;
  routes: readonly Route[];
}

const HEADERS = {
  'Idempotency-Key': {
    description: '1 to 200 visible ASCII characters: the same request with the same key is made once',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
  },
  'Last-Event-ID': {
    description: '`<log>:<sequence>`: go on after this event',
    schema: { type: 'string' },
  },
  'If-None-Match': { description: 'An `ETag` of before', schema: { type: 'string' } },
};

const PARAMETERS: Record<string, Json> = {
  generationId: { type: 'string', pattern: '^[0-9A-Za-z]{16}$' },
  mediaId: { type: 'string' },
  token: { type: 'string' },
  attachmentId: { type: 'string' },
  model: { type: 'string' },
  name: { type: 'string', minLength: 1, maxLength: 200 },
};

/** OpenAPI 3.1 of everything this server answers, made from the schemas that validate requests and check answers. */
export function openApiDocument(
  settings: Pick<
    HttpSettings,
    'version' | 'prefix' | 'maxOutputTokens' | 'maxMessageChars' | 'maxAttachments'
  >,
  routeGroups: readonly RouteGroup[],
): Json {
  const schemas: Json = {};
  const groups: Group[] = [
    ['Chats', 'Chats, messages, replies and their events', chatOperations],
    ['Sharing', 'Chats as files, and links by which others read them', chatFileOperations(settings)],
    ['Dialects', 'The wire shapes of other chats, over the same replies', dialectOperations(settings)],
    ['Integrations', 'API keys, and the APIs that libraries of others know', integrationOperations],
    ['Accounts', 'Signing in, the caller, and what they have used', accountOperations],
    ['Administration', 'Users, budgets and the books; for administrators', adminOperations],
    ['Server', 'What it can do, and how it is', serverOperations],
  ];
  const paths: Record<string, Json> = {};
  for (const { tag, routes } of routeGroups) {
    for (const route of routes) {
      const path = route.path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}');
      paths[path] = {
        ...paths[path],
        [route.method.toLowerCase()]: describe(operationOf(route, path), path, tag, schemas, route.params),
      };
    }
  }
  for (const [tag, , operations] of groups) {
    for (const operation of operations) {
      const [method = '', path = ''] = operation.route.split(' ');
      paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operation, path, tag, schemas) };
    }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Millrace',
      version: settings.version,
      summary: 'The durable chat backend',
      description:
        'Replies are durable logs of numbered events; every stream can be resumed from any of them. docs/protocol tells more.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: settings.prefix || '/' }],
    tags: [
      ...routeGroups.map(({ tag, description }) => ({ name: tag, description })),
      ...groups.map(([name, description]) => ({ name, description })),
    ].filter(({ name }, index, all) => all.findIndex((other) => other.name === name) === index),
    security: [{ bearer: [] }, { cookie: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A session token, or a JWT of the host application',
        },
        cookie: { type: 'apiKey', in: 'cookie', name: 'better-auth.session_token' },
      },
    },
  };
}

/** Until all routes are of the new kind. */
function operationOf(route: Route, path: string): Operation {
  const { method, caller, body, errorShape, ...rest } = route;
  return {
    ...rest,
    route: `${method} ${path as '/'}`,
    ...(caller === 'anyone' && { isOpen: true }),
    ...(body?.schema && { body: body.schema }),
    ...(body && !body.schema && { takesFile: true }),
    ...(body && !body.isRequired && { isBodyOptional: true }),
    ...(errorShape && { error: errorShape.schema }),
  };
}

function describe(
  operation: Operation,
  path: string,
  tag: string,
  schemas: Json,
  params: Route['params'] = {},
): Json {
  const {
    id,
    summary,
    description,
    isOpen,
    query,
    headers = [],
    body,
    isBodyOptional,
    takesFile,
  } = operation;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const parameters = [
    ...names.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema:
        params[name] === undefined
          ? (PARAMETERS[name] ?? { type: 'string', format: 'uuid' })
          : jsonSchema(params[name], 'output', schemas),
    })),
    ...Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
      name,
      in: 'query',
      schema: jsonSchema(schema, 'output', schemas),
    })),
    ...headers.map((name) => ({ name, in: 'header', ...HEADERS[name] })),
  ];
  return {
    tags: [tag],
    operationId: id,
    summary,
    ...(description !== undefined && { description }),
    ...(isOpen && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: {
        required: isBodyOptional !== true,
        content: { 'application/json': { schema: jsonSchema(body, 'input', schemas) } },
      },
    }),
    ...(takesFile && {
      requestBody: { required: true, content: { 'application/octet-stream': { schema: {} } } },
    }),
    responses: { ...successes(operation.answers, schemas), ...failures(operation, names, schemas) },
  };
}

function successes(all: readonly Answer[], schemas: Json): Json {
  return Object.fromEntries(
    all.map((answer) => {
      const { status, description } = answer;
      if ('schema' in answer) {
        const content = { 'application/json': { schema: jsonSchema(answer.schema, 'output', schemas) } };
        return [status, { description, content }];
      }
      if (!('contentType' in answer)) return [status, { description }];
      const { contentType, events } = answer;
      const schema = {
        ...(contentType.startsWith('text/') && { type: 'string' }),
        // What the string holds, once it is parsed. OpenAPI 3.2 would say `itemSchema`.
        ...(events && { contentSchema: { type: 'array', items: jsonSchema(events, 'output', schemas) } }),
      };
      return [status, { description, content: { [contentType]: { schema } } }];
    }),
  );
}

/** The problems a route may have, by status. */
function failures(
  { isOpen, query, body, takesFile, problems = [], route, error }: Operation,
  parameters: string[],
  schemas: Json,
): Json {
  const codes = new Set<ProblemCode>([
    ...(parameters.length > 0 || query !== undefined || body !== undefined
      ? (['invalid_request'] as const)
      : []),
    ...(parameters.length > 0 ? (['not_found'] as const) : []),
    ...(body === undefined && !takesFile ? [] : (['too_large', 'unsupported_media_type'] as const)),
    ...(isOpen ? [] : (['unauthenticated', 'forbidden', 'identity_unavailable', 'storage_failed'] as const)),
    ...(route.startsWith('GET') || isOpen ? [] : (['forbidden'] as const)),
    ...problems,
    'internal',
  ]);
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  const type = error === undefined ? 'application/problem+json' : 'application/json';
  const content = { [type]: { schema: jsonSchema(error ?? problemSchema, 'output', schemas) } };
  return Object.fromEntries(
    [...byStatus].map(([status, these]) => [
      status,
      { description: these.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '), content },
    ]),
  );
}

/** A schema as JSON Schema; schemas with an id become components. Answers may have fields that aren't known yet. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const {
    $schema: _,
    $defs = {},
    ...json
  } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema: made }) => {
      if (io === 'output' && made.additionalProperties === false) delete made.additionalProperties;
      // A format says it better.
      if (made.format !== undefined) delete made.pattern;
    },
  });
  const pointing = (value: object) =>
    JSON.parse(JSON.stringify(value).replaceAll('#/$defs/', '#/components/schemas/')) as Json;
  Object.assign(schemas, pointing($defs));
  return pointing(json);
}
