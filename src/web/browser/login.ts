import { byId } from './dom.ts';

const says = byId('says');
const token = location.hash.slice(1);
const vm = new URLSearchParams(location.search).get('vm');

if (token !== '') {
  // A login must not be found in the history.
  history.replaceState(null, '', location.pathname + location.search);
  void enter();
}

async function enter(): Promise<void> {
  says.textContent = 'Logging in…';
  try {
    const answer = await fetch('/api/v1/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    if (answer.ok) location.replace(vm === null ? '/' : `/vm/${encodeURIComponent(vm)}`);
    else says.textContent = refusal(answer);
  } catch {
    says.textContent = 'The server does not answer. Open the link again in a moment.';
  }
}

function refusal({ status, headers }: Response): string {
  if (status === 429) return `Too many wrong links: try again in ${headers.get('Retry-After')} s.`;
  return 'This link was used, or is too old. Run this on the server for another one:';
}
