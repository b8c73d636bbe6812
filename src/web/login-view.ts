import { html } from './html.ts';
import { page } from './view.ts';

/** Where a link leads, and what is shown to whoever comes without one. */
export function loginPage(): string {
  return page({
    title: 'Log in',
    script: 'login.js',
    header: null,
    main: html`<section class="empty login"><h1>Log in</h1>
<p id="says" role="status">Run this on the server, as a member of puffboot's group, and open the link that it prints:</p>
<pre tabindex="0"><code>puffboot login</code></pre>
<p class="quiet">A link works once, for five minutes. The login that it gives lasts twelve hours.</p>
<p><a href="/">All VMs</a></p>
<noscript><p class="note">Logging in needs JavaScript.</p></noscript>
</section>`,
  });
}
