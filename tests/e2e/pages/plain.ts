// The client without the library: console and requests are not wrapped, so that its own behaviour can be recorded.
import { openCall } from './call-frame';
import { lab, savedSession, start } from './matrix';

window.lab = lab;
window.openCall = openCall;
const session = savedSession();
window.started = session && !location.search.includes('idle') ? start(session) : Promise.resolve();
