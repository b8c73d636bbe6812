import { Terminal } from '@xterm/xterm';
import type { ConsoleMessage } from '../message.ts';
import { consoleFailure, consoleHead, consoleSide } from '../view.ts';
import { byId, fill } from './dom.ts';
import { fitFont, TERMINAL_OPTIONS } from './screen.ts';
import { connect, linkText } from './socket.ts';
import { followVms, type Vms } from './vms.ts';

type FeedState = 'connecting' | 'live' | 'released' | 'none' | 'lost';

const FEED_WORDS: Readonly<Record<FeedState, string>> = {
  connecting: 'connecting',
  live: 'live',
  released: 'released',
  none: 'not held',
  lost: 'connection lost',
};

const name = byId('vm').dataset.vm ?? '';
const screen = byId('screen');
const feed = byId('feed');

const terminal = new Terminal(TERMINAL_OPTIONS);
terminal.open(screen);
terminal.textarea?.setAttribute('aria-label', `Console of ${name}, read-only`);
fitFont(terminal, screen);
new ResizeObserver(() => fitFont(terminal, screen)).observe(screen);

/** What the badge says while connected. */
let shown: FeedState = 'connecting';
connect({
  path: `/api/v1/console/${encodeURIComponent(name)}`,
  link: (retryIn) => {
    if (retryIn === null) badge(shown);
    else badge('lost', linkText(retryIn));
  },
  message: (data) => {
    if (typeof data === 'string') tell(JSON.parse(data) as ConsoleMessage);
    else terminal.write(data);
  },
});

function tell(message: ConsoleMessage): void {
  if (message.kind === 'ended') {
    shown = shown === 'none' ? 'none' : 'released';
    badge(shown);
    return;
  }
  terminal.reset();
  if (terminal.cols !== message.cols || terminal.rows !== message.rows) {
    terminal.resize(message.cols, message.rows);
    fitFont(terminal, screen);
  }
  shown = message.feed;
  badge(shown, message.skipped ? 'live, output was skipped' : FEED_WORDS[shown]);
}

function badge(state: FeedState, text: string = FEED_WORDS[state]): void {
  feed.className = `feed ${state}`;
  feed.textContent = text;
  byId('dark').hidden = shown !== 'none';
}

followVms(name, show);

function show({ byName, now }: Vms): void {
  const vm = byName.get(name);
  if (vm === undefined) {
    byId('link').textContent = 'This VM was removed from the inventory.';
    return;
  }
  fill(byId('head'), consoleHead(vm, now()));
  fill(byId('side'), consoleSide(vm, now()));
  fill(byId('failure'), consoleFailure(vm));
}
