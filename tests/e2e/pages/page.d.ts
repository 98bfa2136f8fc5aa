/** What the pages hand to the tests. */
interface Window {
  lib: typeof import('lotus-crypto-diag');
  second: typeof import('lotus-crypto-diag');
  downloadsDone?: string[];
  sdkLogs?: () => void;
}
