import { request } from 'node:http';
import { join } from 'node:path';
import { type ErrorCode, errnoOf, FIXES, messageOf, OperatorError } from '../common/error.ts';

/** Where a running `serve` listens for commands. */
export const controlPath = (stateDirectory: string): string => join(stateDirectory, 'control.sock');

/** A command waits this long for an answer; nothing behind the socket takes longer. */
const ANSWER_MS = 60_000;

/**
 * Asks a running `serve`.
 * @throws OperatorError SERVE_NOT_RUNNING, CONTROL_DENIED, SERVE_UNREACHABLE, or the one that `serve` threw
 */
export function callControl(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const call = request(
      { socketPath, method, path, headers, timeout: ANSWER_MS, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', (error) => reject(unreachable(socketPath, error)));
        response.once('end', () => {
          try {
            const answer: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8') || 'null');
            if ((response.statusCode ?? 500) < 400) resolve(answer);
            else reject(errorOf(answer));
          } catch (error) {
            reject(unreachable(socketPath, error));
          }
        });
      },
    );
    call.once('timeout', () => call.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
    // What goes wrong once the answer is here no longer matters, and then this rejects nothing.
    call.on('error', (error) => reject(unreachable(socketPath, error)));
    call.end(text);
  });
}

function unreachable(socketPath: string, cause: unknown): OperatorError {
  const errno = errnoOf(cause);
  if (errno === 'ENOENT' || errno === 'ECONNREFUSED') {
    return new OperatorError('SERVE_NOT_RUNNING', `nothing answers at ${socketPath}`, { cause });
  }
  if (errno === 'EACCES' || errno === 'EPERM') {
    return new OperatorError('CONTROL_DENIED', `no permission to use ${socketPath}`, { cause });
  }
  return new OperatorError('SERVE_UNREACHABLE', `${socketPath}: ${messageOf(cause)}`, { cause });
}

function errorOf(answer: unknown): Error {
  const { code, message } = Object(answer) as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' ? message : 'serve gave no reason';
  return typeof code === 'string' && code in FIXES
    ? new OperatorError(code as ErrorCode, text)
    : new Error(text);
}
