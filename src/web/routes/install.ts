import { z } from 'zod';
import { OperatorError } from '../../common/error.ts';
import { type InstallOrder, WAYS } from '../../install/install.ts';
import type { InstallView } from '../operator.ts';
import type { Route } from '../route.ts';

/** What the install routes need: the service that carries installs out. */
export interface InstallContext {
  readonly installs: {
    install(vm: string, order: InstallOrder): Promise<InstallView>;
    retry(vm: string): Promise<InstallView>;
    cancel(vm: string): Promise<void>;
  };
}

const Body = z.strictObject({
  mode: z.enum(['install', 'upgrade']).default('install'),
  way: z.enum(WAYS).default('auto'),
});

export const INSTALL_ROUTES: readonly Route<InstallContext>[] = [
  {
    method: 'POST',
    path: '/vms/:name/install',
    run: ({ installs }, { params, body }) => installs.install(params.name ?? '', orderOf(body)),
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

/** An installer takes no ssh key at the keyboard, so an install by hand would leave its owner outside. */
function orderOf(body: unknown): InstallOrder {
  const parsed = Body.safeParse(body ?? {});
  if (parsed.success && (parsed.data.mode === 'upgrade' || parsed.data.way === 'auto')) return parsed.data;
  throw new OperatorError(
    'USAGE',
    'an install takes {"mode": "install"} or {"mode": "upgrade"}, an upgrade also {"way": "type"} or {"way": "watch"}',
  );
}
