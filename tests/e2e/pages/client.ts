import 'lotus-crypto-diag/auto';
import * as lib from 'lotus-crypto-diag';

import { lab, savedSession, start } from './matrix';

window.lab = lab;
window.lib = lib;
// `?silent`: nothing of the SDK is on the console, from the first line.
if (location.search.includes('silent')) lab.silenceLogger();
const session = savedSession();
// `?idle` opens the origin without starting the client, so that a test can change what is stored.
window.started = session && !location.search.includes('idle') ? start(session) : Promise.resolve();
