import * as livekit from 'livekit-client-2-18';
import E2EEWorker from 'livekit-client-2-18/e2ee-worker?worker';

import { startCall } from './livekit';

window.call = startCall(livekit as never, () => new E2EEWorker());
