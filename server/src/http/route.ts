import type { ProblemCode } from '@millrace/protocol';
import type { z } from 'zod';
import { wrongField } from '../core/wrong-field.ts';
import type { AccessControl, Anyone, CallerRule, OperatorOrUser } from './auth/access-control.ts';
import type { Caller } from './auth/authenticator.ts';
import type { AppContext } from './environment.ts';
import { uuidParameter } from './path-parameters.ts';
import type { ErrorShape } from './problem.ts';
import type { Quota } from './quota.ts';
import { MAX_BODY_BYTES } from './request-body.ts';
import type { RequestBody } from './request-body.ts';
import type { RouteAnswer } from './route-answer.ts';
import { check } from './validation.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The names of the parameters in a path such as `/api/chats/:chatId` or `/v1/models/:model{.+}`. */
type ParameterNames<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? WithoutPattern<Name> | ParameterNames<`/${Tail}`>
    : WithoutPattern<Rest>
  : never;
type WithoutPattern<Name extends string> = Name extends `${infer Plain}{${string}` ? Plain : Name;

/**
 * Admits callers by rules of its own. The query has been validated.
 * @throws ProblemError `unauthenticated`, `forbidden`
 */
export type AdmitCaller<Query, Admitted extends OperatorOrUser> = (
  c: AppContext,
  query: Query,
  access: AccessControl,
) => Promise<Admitted>;

type RuleOf<Query> = CallerRule | AdmitCaller<Query, OperatorOrUser>;

type CallerOf<Rule> = Rule extends (...parameters: never[]) => Promise<infer Admitted>
  ? Admitted
  : Rule extends 'anyone'
    ? Anyone
    : Rule extends 'operator' | 'user-or-operator'
      ? OperatorOrUser
      : Caller;

/** A request whose caller may make it and whose parameters, query and body are valid. */
export interface RouteRequest<Path extends string, Query, Body, Admitted extends { user: unknown }> {
  c: AppContext;
  caller: Admitted;
  user: Admitted['user'];
  params: Record<ParameterNames<Path>, string>;
  query: Query;
  body: Body;
}

/** What OpenAPI documents of a route. */
export interface RouteDescription {
  method: Method;
  /** Below the server's prefix. */
  path: string;
  /** The name of the operation in generated clients. */
  id: string;
  summary: string;
  description?: string;
  caller: CallerRule | ((...parameters: never[]) => Promise<OperatorOrUser>);
  /** The schemas of path parameters that are no UUIDs. */
  params?: Readonly<Record<string, z.ZodType<string> | undefined>>;
  query?: z.ZodObject;
  /** Headers that the handler reads. */
  headers?: readonly ('Idempotency-Key' | 'Last-Event-ID' | 'If-None-Match')[];
  body?: Omit<RequestBody<unknown>, 'read'>;
  answers: readonly RouteAnswer[];
  /** Problems besides those that follow from the parameters, the body and the caller. */
  problems?: readonly ProblemCode[];
  /** Documented elsewhere or not at all. */
  isUndocumented?: true;
  /** The shape of errors; default: problem details (RFC 9457). */
  errorShape?: ErrorShape;
  /** Whether the route answers under any hostname, as health checks need. */
  acceptsAnyHost?: true;
  /** Whether a GET has an effect, so that HEAD, which is routed like GET, is not allowed. */
  refusesHead?: true;
}

interface RouteDefinition<
  Path extends string,
  Query,
  Body,
  Rule extends RuleOf<Query>,
> extends RouteDescription {
  path: Path;
  caller: Rule;
  params?: Partial<Record<ParameterNames<Path>, z.ZodType<string>>>;
  query?: z.ZodObject & z.ZodType<Query>;
  body?: RequestBody<Body>;
  limits?: {
    /** Default: 1 MiB. */
    bodyBytes?: number;
    /** How many requests a caller may make in a time. */
    quota?: Quota;
  };
  /** Headers of every answer, also of errors. */
  responseHeaders?: Readonly<Record<string, string>>;
  handler: (request: RouteRequest<Path, Query, Body, CallerOf<Rule>>) => Response | Promise<Response>;
}

/** A route that can be mounted and documented. */
export interface Route extends RouteDescription {
  /** @throws ProblemError */
  respond: (c: AppContext, access: AccessControl) => Promise<Response>;
}

/**
 * Defines a route. The caller is admitted and counted before the request is validated, and the body is read last. Only a function that
 * admits callers itself gets the validated query.
 */
export function route<
  const Path extends string,
  const Rule extends RuleOf<Query>,
  Query = undefined,
  Body = undefined,
>(definition: RouteDefinition<Path, Query, Body, Rule>): Route {
  const { caller: rule, query, body, limits, handler } = definition;
  const responseHeaders = Object.entries(definition.responseHeaders ?? {});
  const maxBodyBytes = limits?.bodyBytes ?? MAX_BODY_BYTES;
  const readParams = paramsReader(definition.path, definition.params ?? {});
  // Without a schema `Query` is undefined.
  const readQuery = (c: AppContext) =>
    (query === undefined ? undefined : check(query, singleValues(c, query))) as Query;

  return {
    ...definition,
    async respond(c, access) {
      for (const [name, value] of responseHeaders) c.header(name, value);
      if (!definition.acceptsAnyHost) access.checkHost(c);
      const admitted =
        typeof rule === 'function' ? await rule(c, readQuery(c), access) : await access.admit(rule, c);
      const { user } = admitted;
      if (user !== null) c.set('user', user);
      if (limits?.quota !== undefined) await limits.quota.takeOrThrow(user?.id ?? admitted.credential);
      const params = readParams(c);
      return handler({
        c,
        // `CallerOf` says which callers a rule admits.
        caller: admitted as CallerOf<Rule>,
        user,
        params,
        query: readQuery(c),
        body: (await body?.read(c, maxBodyBytes)) as Body,
      });
    },
  };
}

/** The parameters of a query, each of which has one value. @throws ProblemError `invalid_request` for a repeated parameter */
function singleValues(c: AppContext, { shape }: z.ZodObject): Record<string, string | undefined> {
  const values: Record<string, string | undefined> = {};
  for (const [name, [first, ...others]] of Object.entries(c.req.queries())) {
    if (!Object.hasOwn(shape, name)) continue;
    if (others.length > 0) throw wrongField(name, 'must be given once');
    values[name] = first;
  }
  return values;
}

function paramsReader(
  path: string,
  schemas: Readonly<Record<string, z.ZodType<string> | undefined>>,
): (c: AppContext) => Record<string, string> {
  const names = parametersOf(path);
  if (names.length === 0) return () => ({});
  const parameters = names.map((name) => ({ name, schema: schemas[name] ?? uuidParameter }));
  return (c) => {
    const values: Record<string, string> = {};
    for (const { name, schema } of parameters) values[name] = check(schema, c.req.param(name), name);
    return values;
  };
}

/** The names of the parameters in a path. */
export function parametersOf(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
}
