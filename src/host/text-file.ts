import { OperatorError } from '../common/error.ts';
import { show } from '../common/form.ts';
import { HOST_TEXT_LIMIT } from './access.ts';

/**
 * The text of a file of a host.
 * @param cut whether there was more than these bytes
 * @throws OperatorError HOST_COMMAND for what is too long or would not be the same when written back
 */
export function textOf(path: string, bytes: Uint8Array, cut: boolean): string {
  if (cut || bytes.length > HOST_TEXT_LIMIT) {
    throw new OperatorError('HOST_COMMAND', `${path} is longer than ${HOST_TEXT_LIMIT} bytes`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new OperatorError(
      'HOST_COMMAND',
      `${path} is not UTF-8 text, which puffboot could not keep as it is`,
    );
  }
}

/** @throws OperatorError HOST_COMMAND for a path that does not say by itself where it is */
export function checkPath(path: string): void {
  if (path.startsWith('/') && !path.includes('\0')) return;
  throw new OperatorError('HOST_COMMAND', `${show(path)} is no absolute path`);
}
