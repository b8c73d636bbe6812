import { Terminal } from '@xterm/xterm';
import { consoleTitle, type FeedState, lineBar, questionNotice } from '../line-view.ts';
import type { ConsoleMessage, ConsoleRequest, HolderMessage, WebVm } from '../message.ts';
import { loadFacts } from '../telemetry-view.ts';
import { consoleFailure, consoleHead, consoleSide } from '../view.ts';
import { byId, fill, onAction } from './dom.ts';
import { followGraphs } from './graph.ts';
import { holdId } from './hold-id.ts';
import { logOut } from './logout.ts';
import { fitFont, TERMINAL_OPTIONS } from './screen.ts';
import { connect, linkText } from './socket.ts';
import { followVms, type Vms } from './vms.ts';

const FEED_WORDS: Readonly<Record<FeedState, string>> = {
  connecting: 'connecting',
  live: 'live',
  released: 'released',
  none: 'not held',
  lost: 'connection lost',
};

/** As much as the server takes at once. */
const MOST_KEYS = 4096;

const name = byId('vm').dataset.vm ?? '';
const screen = byId('screen');
const feed = byId('feed');
const notice = byId('notice');
const hold = holdId(name);

const terminal = new Terminal(TERMINAL_OPTIONS);
terminal.open(screen);
fitFont(terminal, screen);
new ResizeObserver(() => fitFont(terminal, screen)).observe(screen);

/** What the badge says while connected. */
let shown: FeedState = 'connecting';
let line: HolderMessage = { kind: 'holder', holder: null, kept: null, you: null };
let vm: WebVm | null = null;
/** The line was this page's when the connection was lost. */
let holding = false;

const channel = connect({
  path: `/api/v1/console/${encodeURIComponent(name)}`,
  link: (retryIn) => {
    if (retryIn === null) badge(shown);
    else badge('lost', linkText(retryIn));
    if (retryIn === null && holding) ask({ kind: 'take', id: hold.id, over: false });
  },
  message: (data) => {
    if (typeof data === 'string') tell(JSON.parse(data) as ConsoleMessage);
    else terminal.write(data);
  },
});

function ask(request: ConsoleRequest): void {
  channel.send(JSON.stringify(request));
}

onAction({
  take: () => take(false),
  'take-over': () => take(true),
  give: () => ask({ kind: 'give' }),
  keep: () => ask({ kind: 'keep', on: true }),
  'let-go': () => ask({ kind: 'keep', on: false }),
  logout: () => {
    ask({ kind: 'give' });
    void logOut();
  },
});

function take(over: boolean): void {
  say(null);
  ask({ kind: 'take', id: hold.id, over });
  terminal.focus();
}

terminal.onData((text) => {
  if (text.length > MOST_KEYS)
    say(`Pasted text may have at most ${MOST_KEYS} characters; nothing was typed.`);
  else if (line.holder?.mine === true) ask({ kind: 'keys', text });
});

function tell(message: ConsoleMessage): void {
  switch (message.kind) {
    case 'ended':
      shown = shown === 'none' ? 'none' : 'released';
      badge(shown);
      showLine();
      break;
    case 'screen':
      start(message);
      break;
    case 'holder':
      line = message;
      showLine();
      // This page held the line before it was loaded again.
      if (message.holder?.lost === true && hold.held) ask({ kind: 'take', id: hold.id, over: false });
      break;
    case 'left':
      say(message.text);
      break;
    case 'refused':
      say(message.text);
      break;
  }
}

function start({ cols, rows, feed: state, skipped }: Extract<ConsoleMessage, { kind: 'screen' }>): void {
  terminal.reset();
  if (terminal.cols !== cols || terminal.rows !== rows) {
    terminal.resize(cols, rows);
    fitFont(terminal, screen);
  }
  shown = state;
  badge(shown, skipped ? 'live, output was skipped' : FEED_WORDS[shown]);
  showLine();
}

function badge(state: FeedState, text: string = FEED_WORDS[state]): void {
  feed.className = `feed ${state}`;
  feed.textContent = text;
  byId('dark').hidden = shown !== 'none';
}

function showLine(): void {
  const mine = line.holder?.mine === true;
  if (mine !== holding) {
    hold.held = mine;
    if (mine) terminal.focus();
  }
  holding = mine;
  terminal.options.disableStdin = !mine;
  terminal.textarea?.setAttribute('aria-label', `Console of ${name}${mine ? '' : ', read-only'}`);
  document.body.classList.toggle('holding', mine);
  fill(byId('line'), lineBar(line, shown, vm));
  if (vm !== null) fill(byId('question'), questionNotice(vm, line));
}

function say(text: string | null): void {
  notice.hidden = text === null;
  notice.textContent = text;
}

followVms(name, show);
followGraphs(name);

function show({ byName, now }: Vms): void {
  const known = byName.get(name);
  if (known === undefined) {
    byId('link').textContent = 'This VM was removed from the inventory.';
    return;
  }
  vm = known;
  document.title = consoleTitle(vm);
  fill(byId('head'), consoleHead(vm, now()));
  fill(byId('side'), consoleSide(vm, now()));
  fill(byId('failure'), consoleFailure(vm));
  fill(byId('line'), lineBar(line, shown, vm));
  fill(byId('question'), questionNotice(vm, line));
  fill(byId('load'), loadFacts(known.load));
}
