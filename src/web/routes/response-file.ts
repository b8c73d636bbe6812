import { type Answer, renderResponseFile } from '../../autoinstall/response-file.ts';
import { OperatorError } from '../../common/error.ts';
import { show } from '../../common/form.ts';
import type { Config } from '../../config/schema.ts';
import { answersOf } from '../../install/catalog.ts';
import type { VmStore } from '../../inventory/store.ts';
import type { Route, RouteRequest } from '../route.ts';

/** The response file of a VM as it would be served while armed; secrets only where they are asked for. */
export const RESPONSE_FILE_ROUTE: Route<{ readonly store: VmStore; readonly config: Config }> = {
  method: 'GET',
  path: '/vms/:name/response-file',
  run: responseFile,
};

/** @throws OperatorError VM_NOT_FOUND, RESPONSE_FILE_INVALID */
async function responseFile(
  { store, config }: { readonly store: VmStore; readonly config: Config },
  { params, query }: RouteRequest,
): Promise<{ readonly text: string }> {
  const name = params.name ?? '';
  const vm = await store.findVm(name);
  if (vm === null) throw new OperatorError('VM_NOT_FOUND', `there is no VM ${show(name)}`);
  const mode = query.get('mode') === 'upgrade' ? 'upgrade' : 'install';
  const answers = answersOf(config, vm, mode);
  return { text: renderResponseFile(query.has('secrets') ? answers : answers.map(masked)) };
}

const masked = (answer: Answer): Answer => (answer.secret ? { ...answer, value: '***' } : answer);
