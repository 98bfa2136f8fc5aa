import React from 'react';

import { useMatrixClient } from '../../hooks/useMatrixClient';
import * as css from './styles.css';

/**
 * Element Call as apps embed it: its own page, from the app's origin. Nothing answers its widget requests here, so it
 * stays at its start screen.
 */
export function CallEmbed() {
  const mx = useMatrixClient();
  const params = new URLSearchParams({
    widgetId: 'element-call',
    parentUrl: window.location.origin,
    baseUrl: mx.baseUrl,
    userId: mx.getUserId() ?? '',
    deviceId: mx.getDeviceId() ?? '',
    intent: 'start_call',
  });

  return (
    <iframe
      className={css.Frame}
      title="Element Call"
      src={`/public/element-call/index.html?${params}`}
      allow="microphone; camera; display-capture; autoplay"
      sandbox="allow-forms allow-scripts allow-same-origin allow-popups allow-modals allow-downloads"
    />
  );
}
