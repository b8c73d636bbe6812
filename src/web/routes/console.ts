import { OperatorError } from '../../common/error.ts';
import { visitorName } from '../door.ts';
import type { Operator } from '../operator.ts';
import type { Route } from '../route.ts';

/** What the routes of consoles and logins need. */
export interface ConsoleContext {
  readonly installs: Pick<Operator, 'keep'>;
  /** @returns a link that logs its first visitor in under this name; null without an operator web */
  link(name: string): string | null;
}

/** Bodies are `{ name }`: of the human who asks. Whoever may use the control socket may do all this. */
export const CONSOLE_ROUTES: readonly Route<ConsoleContext>[] = [
  {
    method: 'POST',
    path: '/login',
    async run({ link }, { body }) {
      const url = link(nameIn(body));
      if (url === null) throw new OperatorError('WEB_DISABLED', 'the operator web is off');
      return { url };
    },
  },
  {
    method: 'POST',
    path: '/vms/:name/keep',
    async run({ installs }, { params, body }) {
      installs.keep(params.name ?? '', nameIn(body));
      return {};
    },
  },
  {
    method: 'POST',
    path: '/vms/:name/release',
    async run({ installs }, { params }) {
      installs.keep(params.name ?? '', null);
      return {};
    },
  },
];

const nameIn = (body: unknown): string => visitorName(Object(body).name);
