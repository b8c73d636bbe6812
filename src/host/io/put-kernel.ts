import { OperatorError } from '../../common/error.ts';
import type { HostAccess } from '../access.ts';
import { kernelSum } from './observe.ts';

/** A ramdisk kernel of this machine, and where it goes on the host. */
export interface KernelCopy {
  readonly path: string;
  readonly file: string;
  /** As it was verified. */
  readonly sha256: string;
}

/**
 * Puts a kernel on the host. What arrived is compared with what was verified: the sets directory may have changed
 * in between.
 * @throws OperatorError HOST_CHANGED and what `access` throws
 */
export async function putKernel(access: HostAccess, { path, file, sha256 }: KernelCopy): Promise<void> {
  await access.write(path, { copyOf: file }, { mode: 0o644 });
  if ((await kernelSum(access, path)) === sha256) return;
  await access.run(['rm', '-f', path]);
  throw new OperatorError('HOST_CHANGED', `${file} is not what it was when it was verified`);
}
