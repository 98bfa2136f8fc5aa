// A client that can show calls.
import 'lotus-crypto-diag/auto';
import * as lib from 'lotus-crypto-diag';

import { openCall } from './call-frame';
import { lab } from './matrix';

window.lab = lab;
window.lib = lib;
window.openCall = openCall;
window.started = Promise.resolve();
