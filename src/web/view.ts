import { type Html, html, markup } from './html.ts';
import { questionNotice } from './line-view.ts';
import type { WebVm } from './message.ts';
import type { InstallView, Progress } from './operator.ts';
import { duration, elapsed, queueText, type Step, stepsOf, WORDINGS, wordOf } from './phase.ts';
import { loadCell, loadFacts } from './telemetry-view.ts';

/**
 * What pages show. The same functions run in the server, for a page that is readable at once and without
 * scripts, and in the browser, which renews it. Times are milliseconds since the epoch.
 */

/** Order of the list: by host, then as the VMs were made. */
export function sortVms(vms: readonly WebVm[]): readonly WebVm[] {
  return [...vms].sort((a, b) => a.host.localeCompare(b.host) || a.id - b.id);
}

/** One row of the list. */
export function vmRow(vm: WebVm, now: number): Html {
  return html`<tr data-vm="${vm.name}">
<th scope="row"><a href="/vm/${encodeURIComponent(vm.name)}">${vm.name}</a></th>
<td class="host">${vm.host}</td>
<td class="address">${vm.ipv4}</td>
<td class="release">${vm.release}</td>
<td class="load">${loadCell(vm.load)}</td>
<td class="install">${vm.install === null ? html`<span class="state idle">not installed</span>` : installCell(vm.install, now)}</td>
</tr>`;
}

function installCell(install: InstallView, now: number): Html {
  const over = WORDINGS[install.state].tone !== 'busy';
  return html`${stateLine(install, now)}${progressBar(install.progress)}${
    install.question === null
      ? null
      : html`<p class="waits"><b>Waits for an answer:</b> ${install.question.text}</p>`
  }${
    install.failure === null ? null : html`<p class="reason">${install.failure.reason}</p>`
  }${over && install.failure === null ? null : phaseTimes(install, now)}`;
}

function stateLine(install: InstallView, now: number): Html {
  const { tone, time } = WORDINGS[install.state];
  const mode = install.mode === 'upgrade' ? html` <span class="mode">upgrade</span>` : null;
  const { queue } = install;
  const place =
    queue === null
      ? null
      : html` <span class="turn">${queue.position} of ${queue.waiting} in the queue</span>`;
  return html`<p class="now"><span class="state ${tone}">${wordOf(install.state)}</span>${mode} <span class="elapsed">${time.replace('#', duration(elapsed(install, now)))}</span>${place}</p>`;
}

/** The steps that were taken, in one line of text. */
function phaseTimes(install: InstallView, now: number): Html {
  const taken = stepsOf(install, now).filter((step) => step.spent !== null);
  return html`<ol class="times" aria-label="Time spent in each phase">${taken.map(
    (step) => html`<li>${wordOf(step.name)} <span>${duration(step.spent ?? 0)}</span></li>`,
  )}</ol>`;
}

function progressBar(progress: Progress | null): Html | null {
  if (progress === null) return null;
  const doing = progress.stage === 'fetch' ? 'fetching' : 'unpacking';
  const percent = Math.round(progress.percent);
  return html`<p class="progress"><progress max="100" value="${percent}" aria-label="${doing} ${progress.file}"></progress> <span class="what">${doing} <b>${progress.file}</b></span> <span class="percent">${percent}%</span></p>`;
}

/** `12 VMs · 1 installing · 1 failed`, with nothing said about what is not there. */
export function summary(vms: readonly WebVm[]): Html {
  const count = (tone: string) =>
    vms.filter(({ install }) => install && WORDINGS[install.state].tone === tone);
  const waiting = vms.filter(({ install }) => install !== null && install.question !== null).length;
  const parts = [
    `${vms.length} ${vms.length === 1 ? 'VM' : 'VMs'}`,
    ...(count('busy').length > 0 ? [`${count('busy').length} in progress`] : []),
    ...(waiting > 0 ? [`${waiting} ${waiting === 1 ? 'waits' : 'wait'} for an answer`] : []),
    ...(count('bad').length > 0 ? [`${count('bad').length} failed`] : []),
  ];
  return html`${parts.join(' · ')}`;
}

/** Everything about one VM's install that changes while one watches: above its terminal. */
export function consoleHead({ host, install }: WebVm, now: number): Html {
  if (install === null) {
    return html`<p class="now"><span class="state idle">not installed</span></p><p class="says">Its console shows here as soon as an install starts.</p>`;
  }
  return html`${stateLine(install, now)}<p class="says">${says(host, install)}</p>${progressBar(install.progress)}`;
}

function says(host: string, { queue, question, state }: InstallView): string {
  if (queue !== null) return `It is ${queueText(host, queue)}.`;
  return question === null ? WORDINGS[state].says : 'A question waits for an answer.';
}

/** Beside the terminal: the way of the install, and what the VM is. */
export function consoleSide(vm: WebVm, now: number): Html {
  const steps = vm.install === null ? [] : stepsOf(vm.install, now);
  return html`${
    steps.length === 0 ? null : html`<h2>Phases</h2><ol class="steps">${steps.map(stepItem)}</ol>`
  }<h2>Machine</h2>${facts(vm)}`;
}

/** Above the terminal: why an install failed. */
export function consoleFailure({ name, install }: WebVm): Html {
  if (install === null || install.failure === null) return html``;
  const { phase, reason, next, tail, evidence, noEvidence } = install.failure;
  return html`<section class="failure" aria-label="Why it failed"><h2 class="failure-title">Failed while ${phase}</h2><p>${reason}</p><p><b>What to do:</b> ${next}</p>${
    evidence === undefined
      ? noEvidence === undefined
        ? null
        : html`<p><b>What the machine said of it:</b> nothing: ${noEvidence}</p>`
      : html`<p><b>What the machine said of it:</b> <a href="/vm/${encodeURIComponent(name)}/evidence">log, network, disks</a>, or <code>puffboot transcript evidence ${name}</code></p>`
  }<details><summary>End of the console</summary><pre tabindex="0">${tail}</pre></details></section>`;
}

function stepItem(step: Step): Html {
  const time = step.spent === null ? null : html`<span class="spent">${duration(step.spent)}</span>`;
  const current = step.kind === 'now' ? html` aria-current="step"` : null;
  return html`<li class="${step.kind}"${current}><span class="name">${wordOf(step.name)}</span>${time}</li>`;
}

function facts(vm: WebVm): Html {
  const rows: readonly (readonly [string, string | null])[] = [
    ['Host', vm.host],
    ['IPv4', vm.ipv4],
    ['IPv6', vm.ipv6],
    ['MAC', vm.lladdr],
    ['Release', `OpenBSD ${vm.release}`],
    ['Memory', gigabytes(vm.memoryMiB)],
    ['Disks', vm.diskSizesMiB.map((size) => `${gigabytes(size)} ${vm.diskFormat}`).join(', ')],
    ['Owner', vm.owner],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) =>
    value === null ? null : html`<div class="fact"><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`;
}

function gigabytes(mebibytes: number): string {
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024} GiB` : `${mebibytes} MiB`;
}

export function listPage(vms: readonly WebVm[], now: number, you: string | null = null): string {
  return page({
    title: 'VMs',
    script: 'list.js',
    you,
    header: html`<p id="summary" class="summary">${summary(vms)}</p>`,
    main: html`<h1 class="hidden">Virtual machines</h1>
<table class="vms" id="vms"${vms.length === 0 ? html` hidden` : null}>
<thead><tr><th scope="col">Name</th><th scope="col">Host</th><th scope="col">Address</th><th scope="col">Release</th><th scope="col">CPU</th><th scope="col">Install</th></tr></thead>
<tbody>${sortVms(vms).map((vm) => vmRow(vm, now))}</tbody>
</table>
<section class="empty" id="empty"${vms.length > 0 ? html` hidden` : null}>
<h2>No VMs yet</h2>
<p>Add one to the inventory, then install it. It appears here by itself.</p>
<pre tabindex="0"><code>puffboot vm add web1
puffboot install web1</code></pre>
</section>
<noscript><p class="note">Without JavaScript this page doesn't renew itself: reload it.</p></noscript>`,
  });
}

export function consolePage(vm: WebVm, now: number, you: string | null = null): string {
  return page({
    title: vm.name,
    script: 'console.js',
    styles: ['xterm.css', 'graph.css'],
    you,
    header: html`<nav aria-label="Way back"><a href="/">All VMs</a></nav>`,
    main: html`<div class="head"><h1 id="vm" data-vm="${vm.name}">${vm.name}</h1><div id="head">${consoleHead(vm, now)}</div></div>
<div id="failure">${consoleFailure(vm)}</div>
<div id="question" aria-live="assertive">${questionNotice(vm, null)}</div>
<div class="watch">
<section class="console" aria-label="Console of ${vm.name}">
<header><span class="feed" id="feed" role="status">connecting</span><div id="line" class="line"></div></header>
<p id="notice" class="notice" role="alert" hidden></p>
<div class="place"><div id="screen"></div><p id="dark" class="dark" hidden>Nothing holds this console now. It shows here as soon as an install starts.</p></div>
<noscript><p class="note">The console needs JavaScript.</p></noscript>
</section>
<aside id="side">${consoleSide(vm, now)}</aside>
</div>
<section class="activity" aria-label="Activity of ${vm.name}"><h2>Activity</h2><div id="load">${loadFacts(vm.load)}</div><div id="graphs" hidden></div></section>`,
  });
}

/** A page that says one thing: not found, not allowed, went wrong. */
export function noticePage(title: string, text: string): string {
  const main = html`<section class="empty"><h1>${title}</h1><p>${text}</p><p><a href="/">All VMs</a></p></section>`;
  return page({ title, script: null, header: null, main });
}

interface Page {
  readonly title: string;
  /** Null for a page that stays as it is. */
  readonly script: string | null;
  readonly styles?: readonly string[];
  readonly header: Html | null;
  readonly main: Html;
  /** Who has logged in; left out where that does not matter. */
  readonly you?: string | null;
}

export function page({ title, script, styles = [], header, main, you }: Page): string {
  return markup(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · puffboot</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
${[...styles, 'style.css'].map((name) => html`<link rel="stylesheet" href="/assets/${name}">\n`)}${
  script === null ? null : html`<script type="module" src="/assets/${script}"></script>`
}
</head>
<body>
<header class="top"><a class="brand" href="/"><img src="/assets/icon.svg" alt="" width="28" height="28">puffboot</a>${header}${you === undefined ? null : visitor(you)}<span class="link" id="link" role="status"></span></header>
<main>${main}</main>
</body>
</html>
`);
}

function visitor(you: string | null): Html {
  if (you === null) return html`<nav class="visitor" aria-label="Login"><a href="/login">Log in</a></nav>`;
  return html`<p class="visitor">${you} <button type="button" class="quiet" data-do="logout">Log out</button></p>`;
}
