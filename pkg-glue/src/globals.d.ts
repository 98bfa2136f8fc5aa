/** Version of the package, put in by the build. */
declare const __VERSION__: string;

declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
