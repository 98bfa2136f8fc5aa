/** All texts of the tab gate and the banner. */
export const ENGLISH_TABS = {
  elsewhere: (app: string) => `${app} is open in another tab`,
  why: 'Only one tab at a time can use your encryption keys. With two tabs, messages could become unreadable.',
  here: 'Use it here',
  asking: 'Asking the other tab to stop…',
  refused: (reason: string) => `The other tab stays active${reason ? `: ${reason}` : ''}.`,
  noResponse: 'The other tab does not respond. Close it, and this one takes over at once.',
  anyway: 'Open anyway, at the risk of unreadable messages',
  warning: (app: string) =>
    `${app} is open in another tab, too. Two tabs that use the same encryption keys can make messages unreadable: close one of them.`,
  dismiss: 'Dismiss',
};

export type TabWords = typeof ENGLISH_TABS;
