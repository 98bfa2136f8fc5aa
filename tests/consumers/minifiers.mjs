// The minifiers that hosts use. Each takes and returns the text of an ES module.
import { transform as esbuild } from 'esbuild';

/** Loaded by name, because these packages are installed only after the types were checked. @param {string} name */
const load = (name) => import(name);

/** @param {string} name of the package: hosts use many versions of swc through their plugins */
const swc = (name) => async (/** @type {string} */ code) => {
  const { transform } = await load(name);
  const minify = { compress: true, mangle: true };
  return (await transform(code, { isModule: true, minify: true, jsc: { target: 'es2022', minify } })).code;
};

/** @param {object} [format] */
const terser = (format) => async (/** @type {string} */ code) => {
  const { minify } = await load('terser');
  return (await minify(code, { module: true, ...(format && { format }) })).code;
};

/** @type {Record<string, (code: string) => Promise<string>>} */
export const MINIFIERS = {
  esbuild: async (code) => (await esbuild(code, { minify: true, format: 'esm' })).code,
  'esbuild, UTF-8': async (code) => (await esbuild(code, { minify: true, format: 'esm', charset: 'utf8' })).code,
  'swc 1.10.7': swc('swc-1.10'),
  'swc 1.15.33': swc('swc-1.15'),
  'swc, newest': swc('@swc/core'),
  terser: terser(),
  'terser, ASCII': terser({ ascii_only: true }),
  // The version that comes with Vite 8.
  oxc: async (code) => (await (await load('rolldown/utils')).minify('module.js', code, { module: true })).code,
  UglifyJS: async (code) => {
    const { default: uglify } = await load('uglify-js');
    const { code: minified, error } = uglify.minify(code, { module: true });
    if (error) throw error;
    return minified;
  },
};
