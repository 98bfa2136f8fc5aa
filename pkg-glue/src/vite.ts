/** A file that Rollup or Rolldown writes in addition to the app's own. */
export interface EmittedChunk {
  type: 'chunk';
  id: string;
  name: string;
}

/** The part of Vite's configuration that the plugin reads. */
export interface BuildConfig {
  build: { rollupOptions?: { output?: unknown } };
}

/** The plugin as Vite sees it. Declared here, so that the package depends on no version of Vite. */
export interface CryptoDiagChunkPlugin {
  name: string;
  apply: 'build';
  configResolved(config: BuildConfig): void;
  moduleParsed(this: { emitFile(file: EmittedChunk): unknown }, module: { id: string }): void;
}

const AUTO = /[\\/]lotus-crypto-diag[\\/]dist[\\/]auto\.js$/;

/**
 * A plugin for Vite 5 to 8: builds `lotus-crypto-diag/auto`, with its WebAssembly, into a file of its own. The page
 * loads that file beside the app's entry, and still runs it first. Without the plugin it is part of the entry, which
 * works the same, but the app's first screen appears later. Does nothing if the app is built into a single file.
 *
 * @example
 * ```ts
 * import { cryptoDiagChunk } from 'lotus-crypto-diag/vite';
 *
 * export default defineConfig({ plugins: [cryptoDiagChunk(), react()] });
 * ```
 */
export function cryptoDiagChunk(): CryptoDiagChunkPlugin {
  let isSingleFile = false;
  return {
    name: 'lotus-crypto-diag',
    apply: 'build',
    configResolved({ build }) {
      const outputs = [build.rollupOptions?.output ?? []].flat() as Record<string, unknown>[];
      // Rollup's option, and Rolldown's.
      isSingleFile = outputs.some(
        (output) => output['inlineDynamicImports'] === true || output['codeSplitting'] === false,
      );
    },
    moduleParsed({ id }) {
      if (!isSingleFile && AUTO.test(id)) this.emitFile({ type: 'chunk', id, name: 'lotus-auto' });
    },
  };
}
