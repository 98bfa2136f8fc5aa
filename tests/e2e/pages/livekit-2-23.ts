import * as livekit from 'livekit-client';
import E2EEWorker from 'livekit-client/e2ee-worker?worker';

import { startCall } from './livekit';

window.call = startCall(livekit, () => new E2EEWorker());
