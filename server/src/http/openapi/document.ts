import { PROBLEMS } from '@millrace/protocol';
import type { ProblemCode } from '@millrace/protocol';
import { problemSchema } from '@millrace/protocol/schemas';
import { z } from 'zod';
import type { HttpSettings } from '../environment.ts';
import { uuidParameter } from '../path-parameters.ts';
import { parametersOf } from '../route.ts';
import type { Route, RouteDescription } from '../route.ts';
import type { RouteAnswer } from '../route-answer.ts';

type Json = Record<string, unknown>;

/** The routes under one tag of the document. */
export interface RouteGroup {
  tag: string;
  description: string;
  routes: readonly Route[];
}

const HEADERS = {
  'Idempotency-Key': {
    description: '1 to 200 visible ASCII characters. Requests with the same key are carried out once',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
  },
  'Last-Event-ID': {
    description: '`<log>:<sequence>`: continue after this event',
    schema: { type: 'string' },
  },
  'If-None-Match': { description: 'An earlier `ETag`', schema: { type: 'string' } },
};

/** The OpenAPI 3.1 document of the routes, made of the schemas that validate requests and that tests check answers with. */
export function openApiDocument(
  { version, prefix }: Pick<HttpSettings, 'version' | 'prefix'>,
  groups: readonly RouteGroup[],
): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const { tag, routes } of groups) {
    for (const route of routes) {
      if (route.isUndocumented) continue;
      const path = route.path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}');
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: describe(route, tag, schemas) };
    }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Millrace',
      version,
      summary: 'The durable chat backend',
      description:
        'Replies are durable logs of numbered events; every stream can be resumed after any of them. See docs/protocol.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: prefix || '/' }],
    tags: groups.map(({ tag: name, description }) => ({ name, description })),
    security: [{ bearer: [] }, { cookie: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A session token, an API key, or a JWT of the host application',
        },
        cookie: { type: 'apiKey', in: 'cookie', name: 'better-auth.session_token' },
      },
    },
  };
}

function describe(route: RouteDescription, tag: string, schemas: Json): Json {
  const { path, id, summary, description, caller, params = {}, query, headers = [], body } = route;
  const parameters = [
    ...parametersOf(path).map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: jsonSchema(params[name] ?? uuidParameter, 'output', schemas),
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
    ...(caller === 'anyone' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: {
        required: body.isRequired,
        content: {
          [body.contentType]: {
            schema: body.schema === null ? {} : jsonSchema(body.schema, 'input', schemas),
          },
        },
      },
    }),
    responses: { ...successes(route.answers, schemas), ...failures(route, schemas) },
  };
}

function successes(all: readonly RouteAnswer[], schemas: Json): Json {
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
        // The events in the parsed stream. OpenAPI 3.2 would say `itemSchema`.
        ...(events && { contentSchema: { type: 'array', items: jsonSchema(events, 'output', schemas) } }),
      };
      return [status, { description, content: { [contentType]: { schema } } }];
    }),
  );
}

/** The problems a route may answer, by status. */
function failures(route: RouteDescription, schemas: Json): Json {
  const { path, caller, query, body, problems = [], errorShape } = route;
  const hasParameters = parametersOf(path).length > 0;
  const isOpen = caller === 'anyone';
  const validates = hasParameters || query !== undefined || (body !== undefined && body.schema !== null);
  const codes = new Set<ProblemCode>([
    ...(validates ? (['invalid_request'] as const) : []),
    ...(hasParameters ? (['not_found'] as const) : []),
    ...(body === undefined ? [] : (['too_large'] as const)),
    ...(body === undefined || body.schema === null ? [] : (['unsupported_media_type'] as const)),
    ...(route.acceptsAnyHost ? [] : (['forbidden'] as const)),
    ...(isOpen ? [] : (['unauthenticated', 'forbidden', 'identity_unavailable', 'storage_failed'] as const)),
    ...problems,
    'internal',
  ]);
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  const content = {
    [errorShape?.contentType ?? 'application/problem+json']: {
      schema: jsonSchema(errorShape?.schema ?? problemSchema, 'output', schemas),
    },
  };
  return Object.fromEntries(
    [...byStatus].map(([status, these]) => [
      status,
      { description: these.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '), content },
    ]),
  );
}

/** A schema as JSON Schema. Named schemas are referred to. Answers may gain fields, so unknown fields are allowed in them. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const {
    $schema: _,
    $defs = {},
    ...json
  } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema: made }) => {
      if (io === 'output' && made.additionalProperties === false) delete made.additionalProperties;
      // A format is more specific than its pattern.
      if (made.format !== undefined) delete made.pattern;
    },
  });
  const withComponentRefs = (value: object) =>
    JSON.parse(JSON.stringify(value).replaceAll('#/$defs/', '#/components/schemas/')) as Json;
  Object.assign(schemas, withComponentRefs($defs));
  return withComponentRefs(json);
}
