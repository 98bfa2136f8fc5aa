import * as lib from 'lotus-crypto-diag';
import * as second from './dist/second-copy/index.js';

window.lib = lib;
window.second = second;
