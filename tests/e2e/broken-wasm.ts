import type { BrowserContext, Page } from '@playwright/test';

/**
 * Makes the real WebAssembly breakable in pages loaded from now on: after `breakWasm`, calls of exports whose name
 * contains `calls` trap.
 */
export const makeBreakable = (pages: Page | BrowserContext, calls = '') =>
  pages.addInitScript((calls) => {
    const Real = WebAssembly.Instance;
    const state = Object.assign(window, { broken: false });
    WebAssembly.Instance = class {
      exports: WebAssembly.Exports = {};
      constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
        for (const [name, value] of Object.entries(new Real(module, imports).exports)) {
          const trap = (...args: unknown[]) => {
            if (state.broken) throw new WebAssembly.RuntimeError('unreachable');
            return (value as (...args: unknown[]) => unknown)(...args);
          };
          this.exports[name] = typeof value === 'function' && name.includes(calls) ? trap : value;
        }
      }
    } as unknown as typeof WebAssembly.Instance;
  }, calls);

export const breakWasm = (page: Page) => page.evaluate('window.broken = true');
