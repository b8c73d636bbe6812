import { z } from 'zod';
import { OperatorError } from '../../common/error.ts';
import type { InstallView } from '../operator.ts';
import type { Route } from '../route.ts';

/** What the install routes need: the service that carries installs out. */
export interface InstallContext {
  readonly installs: {
    install(vm: string, mode: 'install' | 'upgrade'): Promise<InstallView>;
    retry(vm: string): Promise<InstallView>;
    cancel(vm: string): Promise<void>;
  };
}

const Body = z.strictObject({ mode: z.enum(['install', 'upgrade']).default('install') });

export const INSTALL_ROUTES: readonly Route<InstallContext>[] = [
  {
    method: 'POST',
    path: '/vms/:name/install',
    run: ({ installs }, { params, body }) => installs.install(params.name ?? '', modeOf(body)),
  },
  {
    method: 'POST',
    path: '/vms/:name/retry',
    run: ({ installs }, { params }) => installs.retry(params.name ?? ''),
  },
  {
    method: 'POST',
    path: '/vms/:name/cancel',
    async run({ installs }, { params }) {
      await installs.cancel(params.name ?? '');
      return { cancelled: params.name };
    },
  },
];

function modeOf(body: unknown): 'install' | 'upgrade' {
  const parsed = Body.safeParse(body ?? {});
  if (parsed.success) return parsed.data.mode;
  throw new OperatorError('USAGE', 'an install takes {"mode": "install"} or {"mode": "upgrade"}');
}
