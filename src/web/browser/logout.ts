/** Ends the login, and shows the page as a stranger sees it. */
export async function logOut(): Promise<void> {
  await fetch('/api/v1/logout', { method: 'POST' }).catch(() => undefined);
  location.reload();
}
