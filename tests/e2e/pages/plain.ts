// The client alone: nothing watches its console or its requests, so that what it does by itself can be recorded.
import { openCall } from './call-frame';
import { lab, savedSession, start } from './matrix';

window.lab = lab;
window.openCall = openCall;
const session = savedSession();
window.started = session && !location.search.includes('idle') ? start(session) : Promise.resolve();
