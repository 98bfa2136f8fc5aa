import * as lib from 'lotus-crypto-diag';
import { createClient } from 'matrix-js-sdk';
import { logger } from 'matrix-js-sdk/lib/logger';
import { SlidingSync } from 'matrix-js-sdk/lib/sliding-sync';

const client = createClient({ baseUrl: 'http://127.0.0.1:9' });
const sync = new SlidingSync('http://127.0.0.1:9', new Map(), { timeline_limit: 1, required_state: [] }, client, 1);

/** Lines that the SDK itself logs, and one through its logger. */
window.sdkLogs = () => {
  sync.addCustomSubscription('x', { timeline_limit: 1, required_state: [] });
  sync.addCustomSubscription('x', { timeline_limit: 1, required_state: [] });
  logger.error('Failed to process outgoing request 0:', new Error('[400] One time key a:B already exists'));
  logger.getChild('[MembershipManager]').warn('Missing own membership: force re-join');
};
window.lib = lib;
