import type { ErrorCode } from '../common/error.ts';

/** What would be done to a host. Plain JSON. */
export interface PlanView {
  readonly host: string;
  /** Unified diffs of the files that would be replaced. */
  readonly diffs: readonly { readonly path: string; readonly text: string }[];
  /** In words, in order. */
  readonly steps: readonly string[];
  /** What a human should know; an apply does nothing about it. */
  readonly remarks: readonly string[];
  /** What a human has to put right before anything is applied. */
  readonly faults: readonly string[];
  /** Names exactly this plan. */
  readonly digest: string;
}

/** How far an apply is. Plain JSON. */
export interface ApplyView {
  readonly id: string;
  readonly host: string;
  /** `waiting` for an earlier one on the same host. */
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly steps: readonly {
    readonly says: string;
    readonly state: 'left' | 'doing' | 'done' | 'failed';
  }[];
  readonly remarks: readonly string[];
  readonly error: { readonly code: ErrorCode | null; readonly message: string } | null;
}

/** The health of a host. Plain JSON. */
export interface DoctorView {
  readonly host: string;
  readonly checks: readonly {
    readonly name: string;
    /** What is fine where there is nothing to find. */
    readonly fine: string;
    readonly findings: readonly {
      readonly level: 'fault' | 'warning' | 'hint';
      readonly says: string;
      readonly fix: string;
      /** Whether it can be fixed without a question. */
      readonly safe: boolean;
    }[];
  }[];
  /** What was found and has been fixed. */
  readonly fixed: readonly string[];
}

/** What plans and changes hosts. */
export interface HostOperator {
  hosts(): readonly string[];
  /**
   * A file of a host, read as root; null where it is missing.
   * @throws OperatorError HOST_NOT_FOUND, HOST_COMMAND and what the way to the host throws
   */
  read(host: string, path: string): Promise<string | null>;
  /** @throws OperatorError HOST_NOT_FOUND, FILE_REFUSED, HOST_COMMAND and what the way to the host throws */
  plan(host: string): Promise<PlanView>;
  /**
   * Begins an apply, or lets it wait behind another one; `applied` tells how it goes.
   * @param digest of the plan that was shown: no other is carried out; null carries out what is needed now
   */
  apply(host: string, digest: string | null): Promise<ApplyView>;
  /** An apply of this process on a host, the last one without `id`; null: there was none. */
  applied(host: string, id?: string | null): ApplyView | null;
  /** @throws OperatorError HOST_NOT_FOUND, HOST_COMMAND and what the way to the host throws */
  diagnose(host: string): Promise<DoctorView>;
  /** Fixes what is safe to fix, then looks again. */
  remedy(host: string): Promise<DoctorView>;
}
