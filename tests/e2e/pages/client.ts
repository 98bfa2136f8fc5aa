import 'lotus-crypto-diag/auto';
import * as lib from 'lotus-crypto-diag';

import { lab, savedSession, start } from './matrix';

window.lab = lab;
window.lib = lib;
// `?silent`: the SDK logs nothing, from the first line on.
if (location.search.includes('silent')) lab.silenceLogger();
const session = savedSession();
// `?idle`: does not start the client, so that a test can change the origin's storage.
window.started = session && !location.search.includes('idle') ? start(session) : Promise.resolve();
