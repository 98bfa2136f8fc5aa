/** Package version and hash of its WebAssembly, as a semantic version with build metadata; set by the build. */
declare const __VERSION__: string;

/** Inlined by the build. */
declare module '*.wasm' {
  const text: string;
  export default text;
}
