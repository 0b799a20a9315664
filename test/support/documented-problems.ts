import type { ProblemCode } from '@millrace/protocol';

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

/** The problem codes that a server's OpenAPI document lists for each route. */
export class DocumentedProblems {
  readonly #routes: readonly DocumentedRoute[];

  private constructor({ paths }: Document) {
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
      .filter((each) => each.method === method && each.path.test(path))
      .toSorted((a, b) => a.parameterCount - b.parameterCount);
    if (route === undefined) return null;
    const { description = '' } = route.responses[status] ?? {};
    return [...description.matchAll(/`(\w+)`/g)].map(([, code]) => code as ProblemCode);
  }
}
