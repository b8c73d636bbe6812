import { OperatorError } from '../common/error.ts';
import type { Route } from './route.ts';

/**
 * Answers one request from a table of routes.
 * @param target path with query, percent-encoded
 * @throws OperatorError USAGE when no route fits, and whatever the route throws
 */
export function dispatch<Context>(
  routes: readonly Route<Context>[],
  context: Context,
  method: string,
  target: string,
  body: unknown,
): Promise<unknown> {
  const [path = '', query = ''] = target.split('?', 2);
  const segments = path.split('/').map(decode);
  for (const route of routes) {
    const params = route.method === method ? paramsOf(route.path.split('/'), segments) : null;
    if (params !== null) return route.run(context, { params, body, query: new URLSearchParams(query) });
  }
  throw new OperatorError('USAGE', `there is nothing at ${method} ${path}`);
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = segment;
    else if (part !== segment) return null;
  }
  return params;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
