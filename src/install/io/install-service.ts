import type { PromptTable } from '../../../console/prompts/table.ts';
import type { Netboot } from '../../../netboot/catalog.ts';
import type { MakePasswords } from '../../autoinstall/passwords.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { Config, HostConfig } from '../../config/schema.ts';
import type { HostAccess } from '../../host/access.ts';
import type { VmStore } from '../../inventory/store.ts';
import type { InstallView, Operator } from '../../web/operator.ts';
import type { Install, InstallOrder } from '../install.ts';
import type { InstallStore } from '../store.ts';

/** What the service of installs works with. */
export interface ServiceParts {
  readonly config: Config;
  readonly store: VmStore & InstallStore;
  readonly netboot: Netboot;
  readonly accessOf: (host: HostConfig) => HostAccess;
  /** Where signify(1) keys are looked for. */
  readonly keyDirectories: readonly string[];
  /** For what is typed on a console; what is fetched gets its own. */
  readonly makePasswords: MakePasswords;
  /** Called after an install has ended, however it did. */
  readonly ended?: (install: Install) => void;
  /** The prompts to expect on consoles opened now; the built-in ones without it. */
  readonly prompts?: () => Promise<PromptTable | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

/** All installs of this node: started, resumed, watched and cancelled here. */
export interface InstallService extends Operator {
  /** Takes up every open install that an earlier process of this node left. */
  resume(): Promise<void>;
  /**
   * Puts an install into its host's queue; it is stored when this resolves.
   * @throws OperatorError VM_NOT_FOUND, VM_BUSY, VM_RUNNING, HOST_NOT_FOUND, HOST_ELSEWHERE, WATCH_REFUSED
   */
  install(vm: string, order: InstallOrder): Promise<InstallView>;
  /**
   * Puts a failed install into the queue once more, where its installer was left standing.
   * @throws OperatorError VM_NOT_FOUND, VM_BUSY, HOST_NOT_FOUND, HOST_ELSEWHERE, RETRY_REFUSED
   */
  retry(vm: string): Promise<InstallView>;
  /** @throws OperatorError INSTALL_NOT_RUNNING */
  cancel(vm: string): Promise<void>;
  installView(vm: string): Promise<InstallView | null>;
  /** To be called after any change of the inventory: netboot is told and pages are redrawn. */
  refresh(): Promise<void>;
  /** Lets go of all consoles; open installs go on in the next process. */
  close(): Promise<void>;
}
