import { type Html, html } from './html.ts';
import type { HolderMessage, WebVm } from './message.ts';

/**
 * What a page shows of the line: who types, and what its reader can do about it. A button's `data-do` is what it
 * asks the page's script for.
 */

export type FeedState = 'connecting' | 'live' | 'released' | 'none' | 'lost';

/** Above the terminal, in its bar. */
export function lineBar(message: HolderMessage, feed: FeedState, vm: WebVm | null): Html {
  return html`<span class="who">${whoTypes(message, feed, vm)}</span>${buttons(message, feed, vm)}`;
}

function whoTypes({ holder, kept, you }: HolderMessage, feed: FeedState, vm: WebVm | null): string {
  if (holder?.mine === true) return 'You hold the line';
  if (holder !== null) return `${holder.name} holds the line${holder.lost ? ', connection lost' : ''}`;
  if (feed !== 'live') return '';
  const driven = vm?.install?.live === true && vm.install.state !== 'running';
  if (kept !== null) return `${kept === you ? 'You keep' : `${kept} keeps`} it open`;
  return driven ? 'the driver types' : 'nobody types';
}

function buttons({ holder, kept, you }: HolderMessage, feed: FeedState, vm: WebVm | null): Html {
  if (you === null) {
    return html`<a class="button" href="/login${vm === null ? '' : `?vm=${encodeURIComponent(vm.name)}`}">Log in to type</a>`;
  }
  // One button stands out: that of the question, where there is one.
  const asks = vm?.install?.question != null;
  const keep = kept === null ? button('keep', 'Keep open') : button('let-go', 'Stop keeping open');
  return html`${feed === 'live' ? keep : null}${holdButton(holder, feed, asks)}`;
}

function holdButton(holder: HolderMessage['holder'], feed: FeedState, asks: boolean): Html {
  if (holder?.mine === true) return button('give', 'Give it back', 'main');
  if (holder !== null) return button('take-over', `Take over from ${holder.name}`);
  return button('take', feed === 'live' ? 'Take the line' : 'Open the console', asks ? '' : 'main');
}

const button = (what: string, text: string, kind = ''): Html =>
  html`<button type="button" class="${kind}" data-do="${what}">${text}</button>`;

/** Above the terminal, while something waits for a human. */
export function questionNotice({ install }: WebVm, message: HolderMessage | null): Html {
  if (install === null || install.question === null) return html``;
  const mine = message?.holder?.mine === true;
  return html`<section class="question" aria-label="Waits for an answer"><h2>Waits for an answer</h2><pre tabindex="0">${install.question.text}</pre><p>${
    mine
      ? 'Type the answer below. Then give the line back: the install goes on by itself.'
      : 'Nothing that puffboot knows answers this. Take the line, type the answer, give it back: the install goes on by itself.'
  }</p>${message === null || message.you === null || mine ? null : button('take', 'Take the line', 'main')}</section>`;
}

/** For the page's title, where nobody may be looking at the page. */
export function consoleTitle({ name, install }: WebVm): string {
  const waits = install !== null && install.question !== null;
  return `${waits ? 'Waits for an answer · ' : ''}${name} · puffboot`;
}
