/**
 * `import 'lotus-crypto-diag/auto'` as the first import of an app's entry: everything on, with the defaults. The next
 * line that the app logs is captured.
 */
import { core } from './core';

core().install();
core().watchUploads();
core().frames.watchAll();
core().storage.enter();
core().tabs.enter();
