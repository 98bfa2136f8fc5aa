/** What the pages offer to tests. */
interface Window {
  lib: typeof import('lotus-crypto-diag');
  second: typeof import('lotus-crypto-diag');
  downloadsDone?: string[];
  sdkLogs?: () => void;
  /** Acts as if the server had logged the test's client out. */
  logOut?: (isSoft: boolean) => void;
  /** Ids of events that the client can decrypt by now. */
  openedEvents: Set<string>;
  openFrame: (src: string, sandbox?: string) => HTMLIFrameElement;
  leadership: import('lotus-crypto-diag').TabLeadership;
  /** Logs a line through loglevel, and one through the console. */
  logBothWays: (number: number) => void;
  /** The reason why this tab does not yield. */
  busy?: string | Promise<true>;
}

declare module 'second-copy-of-lotus-crypto-diag' {
  export * from 'lotus-crypto-diag';
}

declare module '*?worker' {
  const Constructor: new () => Worker;
  export default Constructor;
}
