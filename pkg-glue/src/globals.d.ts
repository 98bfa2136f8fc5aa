/** Version of the package and hash of its WebAssembly, as a semantic version with build metadata; put in by the build. */
declare const __VERSION__: string;

declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
