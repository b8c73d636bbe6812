import { errnoOf, OperatorError } from '../common/error.ts';
import type { Config } from '../config/schema.ts';
import { readConfig } from '../io/config-file.ts';
import { callControl, controlPath } from '../io/control-client.ts';
import { lockState, type StateLock } from '../io/lock.ts';
import { identityOf, prepareStateDirectory } from '../io/processes/identity.ts';

export interface Api {
  /** @returns the JSON of the answer. @throws the OperatorError that the other side threw */
  call(method: Method, path: string, body?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface ApiOptions {
  /** Path of the configuration, as -f gives it. */
  readonly config?: string;
  /** For commands that only a running `serve` can carry out. */
  readonly needsServe?: boolean;
}

/**
 * All changes go through `serve` while it runs. Without it, a command that needs no console takes the
 * state directory's lock and answers itself from the same routes.
 *
 * @throws OperatorError SERVE_NOT_RUNNING, CONTROL_DENIED, STATE_LOCKED
 */
export async function openApi({ config: file, needsServe = false }: ApiOptions): Promise<Api> {
  const { config } = await readConfig(file);
  const socket = controlPath(config.stateDirectory);
  const remote: Api = {
    call: (method, path, body) => callControl(socket, method, path, body),
    close: async () => undefined,
  };
  const lock = await lockUnlessServed(config, remote, needsServe);
  if (lock === null) return remote;
  // With its database and all that follows it is most of what a command would cost to start.
  const { answerAlone } = await import('./api-alone.ts');
  return answerAlone(config, lock);
}

/** How long another command, or a `serve` that is only starting, is waited for. */
const PATIENCE_MS = 10_000;
const ASK_AGAIN_MS = 200;

/** @returns the state directory's lock, or null when `serve` answers */
async function lockUnlessServed(config: Config, remote: Api, needsServe: boolean): Promise<StateLock | null> {
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    try {
      await remote.call('GET', '/ping');
      return null;
    } catch (error) {
      if (!(error instanceof OperatorError) || error.code !== 'SERVE_NOT_RUNNING' || needsServe) throw error;
    }
    try {
      // Root prepares everything for the user as whom `serve` will work, unless there is none yet.
      const owner = await identityOf(config.serve.operateUser).catch(() => null);
      await prepareStateDirectory(config.stateDirectory, owner);
      return await lockState(config.stateDirectory);
    } catch (error) {
      const held = error instanceof OperatorError && error.code === 'STATE_LOCKED';
      if (!held || Date.now() >= deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}

/** True where nothing answers at the control socket any more: `serve` was stopped or is being restarted. */
export const isAway = (error: unknown): boolean =>
  errnoOf(error) !== null || (error instanceof OperatorError && error.code === 'SERVE_NOT_RUNNING');
