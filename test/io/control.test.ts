import { mkdtemp, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/common/error.ts';
import { SILENT_LOG } from '../../src/common/port.ts';
import { type Control, openControl } from '../../src/io/control.ts';
import { callControl, controlPath } from '../../src/io/control-client.ts';
import type { Route } from '../../src/web/route.ts';

const ROUTES: readonly Route<object>[] = [
  { method: 'POST', path: '/echo', run: async (_, { body }) => body },
  {
    method: 'GET',
    path: '/refuse',
    run: async () => {
      throw new OperatorError('VM_NOT_FOUND', 'there is no VM called "x"');
    },
  },
  {
    method: 'GET',
    path: '/crash',
    run: async () => {
      throw new TypeError('unforeseen');
    },
  },
];

let directory: string;
let control: Control;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'puffboot-control-'));
  control = await openControl({ directory, routes: ROUTES, context: {}, log: SILENT_LOG });
});
afterEach(async () => {
  await control.close();
  await rm(directory, { recursive: true });
});

function raw(body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath: control.path, path: '/echo', method: 'POST', agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += String(chunk);
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

describe('the control socket', () => {
  it('carries JSON there and back', async () => {
    const body = { name: 'we"b\n1', list: [1, null, 'ü'] };
    await expect(callControl(control.path, 'POST', '/echo', body)).resolves.toEqual(body);
  });

  it('is for its owner and group alone', async () => {
    expect((await stat(control.path)).mode & 0o777).toBe(0o660);
  });

  it('hands an OperatorError over with its code', async () => {
    await expect(callControl(control.path, 'GET', '/refuse')).rejects.toMatchObject({ code: 'VM_NOT_FOUND' });
  });

  it('survives an error that nobody foresaw, and says what it was', async () => {
    await expect(callControl(control.path, 'GET', '/crash')).rejects.toThrowError('unforeseen');
    await expect(callControl(control.path, 'GET', '/ping')).resolves.toEqual({ pid: process.pid });
  });

  it.each([
    ['no JSON', '{"name":', 'the request is not JSON'],
    ['a body past the limit', 'x'.repeat((1 << 20) + 1), 'at most 1048576 bytes'],
  ])('refuses %s', async (_, body, words) => {
    const { status, text } = await raw(body);
    expect([status, text]).toEqual([400, expect.stringContaining(words)]);
  });

  it('takes the place of a socket that a dead process left', async () => {
    const second = await openControl({ directory, routes: ROUTES, context: {}, log: SILENT_LOG });
    await expect(callControl(controlPath(directory), 'POST', '/echo', 1)).resolves.toBe(1);
    await second.close();
  });

  it('that is not there is said to need `puffboot serve`', async () => {
    const absent = join(directory, 'absent.sock');
    await expect(callControl(absent, 'GET', '/ping')).rejects.toMatchObject({ code: 'SERVE_NOT_RUNNING' });
  });
});
