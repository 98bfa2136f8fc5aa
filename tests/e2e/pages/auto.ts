import 'lotus-crypto-diag/auto';
import * as lib from 'lotus-crypto-diag';

console.warn('first line of the entry: x already exists');
window.lib = lib;
