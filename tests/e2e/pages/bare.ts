import * as lib from 'lotus-crypto-diag';

window.lib = lib;
