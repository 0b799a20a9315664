import { TrieRouter } from 'hono/router/trie-router';
import type { ErrorShape } from './problem.ts';
import type { Route } from './route.ts';

/** The prefixes under which every path belongs to the API, whether or not it has a route. */
const API_PREFIXES = ['/api', '/v1'];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Finds the routes of a path. Paths are below the server's prefix. */
export class RouteTable {
  readonly routes: readonly Route[];
  readonly #router = new TrieRouter<Route>();
  /** The paths of routes without parameters. */
  readonly #literalPaths: ReadonlySet<string>;

  constructor(routes: readonly Route[]) {
    this.routes = routes;
    this.#literalPaths = new Set(routes.map(({ path }) => path).filter((path) => !/[:*]/.test(path)));
    for (const route of routes) this.#router.add(route.method, route.path, route);
  }

  /** The patterns of all paths that belong to the API. */
  get apiPaths(): string[] {
    return apiPathsOf(this.routes);
  }

  /** The patterns of the API paths that users call, without paths for everyone and paths for operators only. */
  get userPaths(): string[] {
    return apiPathsOf(this.routes.filter(({ caller }) => caller !== 'anyone' && caller !== 'operator'));
  }

  /**
   * Whether a route answers a request that its pattern matches. A path without parameters belongs to its own routes alone:
   * `/api/chats/import` is never the chat with the id `import`.
   */
  takes(route: Route, method: string, path: string): boolean {
    if (method === 'HEAD' && route.refusesHead) return false;
    return route.path === path || !this.#literalPaths.has(path);
  }

  /** The methods that a path has routes for. */
  methodsAt(path: string): string[] {
    return METHODS.filter((method) => this.#find(method, path) !== undefined);
  }

  /** The shape of errors at a path, also where it has no route: then that of the nearest routes. Undefined for problem details. */
  errorShapeAt(method: string, path: string): ErrorShape | undefined {
    const route = this.#find(method === 'HEAD' ? 'GET' : method, path);
    if (route !== undefined) return route.errorShape;
    for (let ancestor = path; ancestor !== ''; ancestor = ancestor.slice(0, ancestor.lastIndexOf('/'))) {
      const [firstMethod] = this.methodsAt(ancestor);
      if (firstMethod !== undefined) return this.#find(firstMethod, ancestor)?.errorShape;
      const below = this.routes.filter((each) => each.path.startsWith(`${ancestor}/`));
      const shapes = new Set(below.map(({ errorShape }) => errorShape));
      if (below.length > 0) return shapes.size === 1 ? [...shapes][0] : undefined;
    }
    return undefined;
  }

  #find(method: string, path: string): Route | undefined {
    const matching = this.#router.match(method, path)[0].map(([route]) => route);
    return matching.find((route) => this.takes(route, method, path));
  }
}

function apiPathsOf(routes: readonly Route[]): string[] {
  const isOutside = (path: string) => !API_PREFIXES.some((prefix) => path.startsWith(`${prefix}/`));
  const others = routes.map(({ path }) => path).filter(isOutside);
  return [...API_PREFIXES.map((prefix) => `${prefix}/*`), ...new Set(others)];
}
