import { PROBLEMS } from '@millrace/protocol';
import type { ProblemCode } from '@millrace/protocol';
import { openApiDocument } from '../../server/src/http/openapi/document.ts';
import { routeDefinitions } from './routes.ts';

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
}

interface DocumentedRoute {
  method: string;
  path: RegExp;
  /** The number of parameters in the path. */
  parameterCount: number;
  responses: Record<string, { description: string }>;
}

let ofThisVersion: DocumentedProblems | null = null;

/** Throws when an answer is a problem that the OpenAPI document doesn't list for its route, or a rate limit that doesn't say when to retry. */
export async function expectDocumentedProblem(method: string, path: string, answer: Response): Promise<void> {
  if (!/\bjson\b/.test(answer.headers.get('content-type') ?? '')) return;
  const body = await answer.text();
  if (body === '') return;
  const { code } = JSON.parse(body) as { code?: unknown };
  if (typeof code !== 'string' || !(code in PROBLEMS)) return;
  if (code === 'rate_limited' && answer.headers.get('retry-after') === null) {
    throw new Error(`${method} ${path} answers ${answer.status} ${code} without Retry-After`);
  }
  ofThisVersion ??= new DocumentedProblems(
    openApiDocument({ version: '', prefix: '' }, routeDefinitions()) as unknown as Document,
  );
  const codes = ofThisVersion.codesOf(method, path, answer.status);
  if (codes?.includes(code as ProblemCode) === false)
    throw new Error(
      `${method} ${path} answers ${answer.status} ${code}, which its route doesn't list in \`problems\``,
    );
}

/** The problem codes that a server's OpenAPI document lists for each route. */
export class DocumentedProblems {
  readonly #routes: readonly DocumentedRoute[];

  constructor({ paths }: Document) {
    this.#routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { responses }]) => ({
        method: method.toUpperCase(),
        path: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
        parameterCount: path.split('{').length - 1,
        responses,
      })),
    );
  }

  static async of(url: string): Promise<DocumentedProblems> {
    const response = await fetch(`${url}/openapi.json`);
    return new DocumentedProblems((await response.json()) as Document);
  }

  /** Returns the codes that a route documents for the status of an answer; null when no documented route has this method and path. */
  codesOf(method: string, pathAndQuery: string, status: number): ProblemCode[] | null {
    const [path = ''] = pathAndQuery.split('?', 1);
    // A path without a parameter wins over one with a parameter in the same place.
    const [route] = this.#routes
      .filter((each) => each.method === (method === 'HEAD' ? 'GET' : method) && each.path.test(path))
      .toSorted((a, b) => a.parameterCount - b.parameterCount);
    if (route === undefined) return null;
    const { description = '' } = route.responses[status] ?? {};
    return [...description.matchAll(/`(\w+)`/g)].map(([, code]) => code as ProblemCode);
  }
}
