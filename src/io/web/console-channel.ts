import type { WebSocket } from 'ws';
import { type ConsoleFeed, emptyFeed } from '../../../console/feed.ts';
import type { HeldLine } from '../../../console/held.ts';
import { type Leave, MOST_UNSENT, type Refusal } from '../../../console/holder.ts';
import { messageOf, OperatorError } from '../../common/error.ts';
import {
  type ConsoleMessage,
  type ConsoleRequest,
  type HolderMessage,
  parseConsoleRequest,
  type RefusalCode,
} from '../../web/message.ts';
import type { Operator } from '../../web/operator.ts';
import { sendLatest } from './latest.ts';

export interface ConsoleChannelParts {
  readonly socket: WebSocket;
  readonly vm: string;
  readonly operator: Operator;
  /** Who is at the other end; null: he may only watch. Asked at each request, because a login ends. */
  readonly visitor: () => string | null;
}

/** Where each holder is: a page that connects again may be here before its old connection is known to be gone. */
const whereabouts = new WeakMap<HeldLine, WebSocket>();

/** Shows a VM's console on a socket, and the next one of the same VM when that is held; lets its reader type. */
export function openConsoleChannel({ socket, vm, operator, visitor }: ConsoleChannelParts): void {
  const feedNow = () => operator.console(vm) ?? emptyFeed;
  let feed = feedNow();
  /** By which this end takes the line; null until it has. */
  let id: string | null = null;

  const tell = (message: ConsoleMessage) => socket.send(JSON.stringify(message));
  const refuse = (because: RefusalCode, text: string) => tell({ kind: 'refused', because, text });
  const holderNow = (): HolderMessage => holderMessage(feed, operator.kept(vm), id, visitor());
  /** As it was told last. */
  let told = '';
  const latest = sendLatest(socket, (send, skipped) => {
    const { size, live } = feed;
    const state = live ? 'live' : feed === emptyFeed ? 'none' : 'released';
    send(JSON.stringify({ kind: 'screen', ...size, feed: state, skipped } satisfies ConsoleMessage));
    const tellHolder = () => {
      told = JSON.stringify(holderNow());
      send(told);
    };
    tellHolder();
    const forget = feed.held?.onHolder(({ left }) => {
      if (left !== null && left.id === id && WHY_LEFT[left.why] !== null) {
        send(JSON.stringify({ kind: 'left', text: WHY_LEFT[left.why] }));
      }
      tellHolder();
    });
    const detach = feed.attach({
      screen: send,
      output: send,
      ended: () => send(JSON.stringify({ kind: 'ended' } satisfies ConsoleMessage)),
    });
    return () => {
      forget?.();
      detach();
    };
  });
  const renew = () => {
    if (feedNow() !== feed) {
      feed = feedNow();
      latest.restart();
    } else if (told !== JSON.stringify(holderNow())) {
      told = JSON.stringify(holderNow());
      socket.send(told);
    }
  };
  const unsubscribe = operator.onChange(renew);

  const REQUESTS: {
    readonly [Kind in ConsoleRequest['kind']]: (
      request: Extract<ConsoleRequest, { kind: Kind }>,
      name: string,
    ) => Promise<void> | void;
  } = {
    async take({ id: mine, over }, name) {
      await operator.attach(vm);
      renew();
      id = mine;
      const { held } = feed;
      const refusal = held?.take(mine, name, over) ?? null;
      if (refusal !== null) refuse(refusal, refusalText(refusal, feed));
      else if (held !== null) whereabouts.set(held, socket);
    },
    give() {
      if (id !== null) feed.held?.give(id);
    },
    keys({ text }) {
      const refusal = id === null ? 'not-holding' : (feed.held?.keys(id, text) ?? null);
      if (refusal !== null) refuse(refusal, refusalText(refusal, feed));
    },
    keep({ on }, name) {
      operator.keep(vm, on ? name : null);
    },
  };

  const obey = async (text: string) => {
    const request = parseConsoleRequest(text);
    const name = visitor();
    if (request === null) refuse('request', 'That was not understood: this page may be of another version.');
    else if (name === null) {
      REQUESTS.give({ kind: 'give' }, '');
      refuse('login', 'Log in to type: run `puffboot login` on the server and open its link.');
    } else await REQUESTS[request.kind](request as never, name);
  };
  /** One request after the other: keys wait for the console to be opened. */
  let obeyed = Promise.resolve();
  socket.on('message', (data, binary) => {
    const text = binary ? '' : String(data);
    obeyed = obeyed.then(() => obey(text)).catch((error: unknown) => refuse('console', explain(error)));
  });
  socket.once('close', () => {
    const { held } = feed;
    if (held !== null && id !== null && whereabouts.get(held) === socket) held.lost(id);
    unsubscribe();
    latest.stop();
  });
}

function holderMessage(
  { held }: ConsoleFeed,
  kept: string | null,
  id: string | null,
  you: string | null,
): HolderMessage {
  const holder = held?.holder ?? null;
  if (holder === null) return { kind: 'holder', holder: null, kept, you };
  const { name, lostAt } = holder;
  return { kind: 'holder', holder: { name, mine: holder.id === id, lost: lostAt !== null }, kept, you };
}

/** To the one who left; null where he knows. */
const WHY_LEFT: Readonly<Record<Leave, string | null>> = {
  given: null,
  lost: 'Your connection was lost for too long: the line was given back.',
  idle: 'You have not typed for a quarter of an hour: the line was given back.',
  ousted: 'Somebody else took the line over.',
};

function refusalText(refusal: Refusal, { held }: ConsoleFeed): string {
  if (refusal === 'held') return `${held?.holder?.name ?? 'Somebody'} holds the line.`;
  if (refusal === 'too-much') return `At most ${MOST_UNSENT} characters at once: the console takes no more.`;
  return 'Take the line first: nothing was typed.';
}

function explain(error: unknown): string {
  return error instanceof OperatorError ? `${error.message}; ${error.fix}` : messageOf(error);
}
