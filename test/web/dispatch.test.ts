import { describe, expect, it } from 'vitest';
import { dispatch } from '../../src/web/dispatch.ts';
import type { Route } from '../../src/web/route.ts';

const ROUTES: readonly Route<{ greeting: string }>[] = [
  { method: 'GET', path: '/vms', run: async ({ greeting }, { query }) => [greeting, query.get('q')] },
  { method: 'GET', path: '/vms/:name', run: async (_, { params }) => params.name },
  { method: 'POST', path: '/vms/:name/install', run: async (_, { params, body }) => ({ ...params, body }) },
];
const context = { greeting: 'hello' };
const ask = (method: string, target: string, body?: unknown) =>
  dispatch(ROUTES, context, method, target, body);

describe('dispatch', () => {
  it.each([
    ['a plain path with a query', 'GET', '/vms?q=a%20b', ['hello', 'a b']],
    ['a parameter', 'GET', '/vms/web1', 'web1'],
    ['an escaped slash inside of a parameter', 'GET', '/vms/a%2Fb', 'a/b'],
    ['a broken escape, as it is', 'GET', '/vms/%zz', '%zz'],
    ['a parameter and a body', 'POST', '/vms/web1/install', { name: 'web1', body: { mode: 'install' } }],
  ])('answers %s', async (_, method, target, expected) => {
    await expect(ask(method, target, { mode: 'install' })).resolves.toEqual(expected);
  });

  it.each([
    ['another method', 'DELETE', '/vms'],
    ['a longer path', 'GET', '/vms/web1/install/now'],
    ['an empty target', 'GET', ''],
    ['a property of every object', 'GET', '/constructor'],
  ])('refuses %s', async (_, method, target) => {
    expect(() => ask(method, target)).toThrowError(/there is nothing at/);
  });
});
