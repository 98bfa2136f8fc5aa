/**
 * `import 'lotus-crypto-diag/auto'` as the first import of an app's entry: everything on, with the defaults. The next
 * line that the app logs is captured. Without a page, on a server, it does nothing.
 */
import { core } from './core';

if (typeof document !== 'undefined') {
  core().install();
  core().watchUploads();
  core().frames.watchAll();
  core().latency.watch();
  core().storage.enter();
  core().tabs.enter();
}
