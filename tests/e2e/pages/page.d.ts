/** What the pages hand to the tests. */
interface Window {
  lib: typeof import('lotus-crypto-diag');
  second: typeof import('lotus-crypto-diag');
  downloadsDone?: string[];
  sdkLogs?: () => void;
  /** The client that the test made is logged out by the server. */
  logOut?: (isSoft: boolean) => void;
  /** Ids of events that the client can decrypt by now. */
  openedEvents: Set<string>;
  openFrame: (src: string, sandbox?: string) => HTMLIFrameElement;
  leadership: import('lotus-crypto-diag').TabLeadership;
  /** Logs a line through loglevel, and one through the console. */
  logBothWays: (number: number) => void;
  /** Why this tab does not yield. */
  busy?: string | Promise<true>;
}

declare module 'second-copy-of-lotus-crypto-diag' {
  export * from 'lotus-crypto-diag';
}

declare module '*?worker' {
  const Constructor: new () => Worker;
  export default Constructor;
}
