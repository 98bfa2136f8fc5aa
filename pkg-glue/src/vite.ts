/** The plugin as Vite sees it. Declared here, so that the package depends on no version of Vite. */
export interface CryptoDiagChunkPlugin {
  name: string;
  apply: 'build';
  configResolved(config: { build: { lib?: unknown; rollupOptions?: { output?: unknown } } }): void;
  moduleParsed(
    this: { emitFile(chunk: { type: 'chunk'; id: string; name: string }): unknown },
    module: { id: string },
  ): void;
}

const AUTO = /[\\/]lotus-crypto-diag[\\/]dist[\\/]auto\.js$/;

type Output = { format?: unknown; inlineDynamicImports?: unknown; codeSplitting?: unknown };

/** By Rollup's option, by Rolldown's, or because the format has no imports. */
const isSingleFile = ({ format, inlineDynamicImports, codeSplitting }: Output) =>
  inlineDynamicImports === true || codeSplitting === false || format === 'iife' || format === 'umd';

/**
 * A plugin for Vite 5 to 8: builds `lotus-crypto-diag/auto`, with its WebAssembly, into a file of its own. The page
 * loads that file beside the app's entry, and runs it first. Without the plugin it is part of the entry, which works the
 * same, but the app's first screen appears later. Does nothing if the build has a single file, or is a library.
 *
 * @example
 * ```ts
 * import { cryptoDiagChunk } from 'lotus-crypto-diag/vite';
 *
 * export default defineConfig({ plugins: [cryptoDiagChunk(), react()] });
 * ```
 */
export function cryptoDiagChunk(): CryptoDiagChunkPlugin {
  let isSplit = true;
  return {
    name: 'lotus-crypto-diag',
    apply: 'build',
    configResolved({ build }) {
      const outputs = [build.rollupOptions?.output ?? []].flat() as Output[];
      isSplit = !build.lib && !outputs.some(isSingleFile);
    },
    moduleParsed({ id }) {
      if (isSplit && AUTO.test(id)) this.emitFile({ type: 'chunk', id, name: 'lotus-auto' });
    },
  };
}
