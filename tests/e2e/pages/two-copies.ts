import * as lib from 'lotus-crypto-diag';
import * as second from 'second-copy-of-lotus-crypto-diag';

window.lib = lib;
window.second = second;
