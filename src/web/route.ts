export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** One row of the API: what the control socket answers. */
export interface Route<Context> {
  readonly method: Method;
  /** `/vms/:name`; a segment with a colon is a parameter. */
  readonly path: string;
  /** @returns the answer, as JSON; @throws OperatorError */
  run(context: Context, request: RouteRequest): Promise<unknown>;
}

export interface RouteRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly query: URLSearchParams;
}
