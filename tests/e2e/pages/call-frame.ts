// A real Element Call, embedded like in Cinny: a widget in a same-origin frame.
import { ClientEvent, type MatrixEvent, MatrixEventEvent, RoomEvent, RoomStateEvent } from 'matrix-js-sdk';
import { ClientWidgetApi, Widget } from 'matrix-widget-api';

import { CallDriver, raw } from './call-driver';
import { lab } from './matrix';

export const openCall: Window['openCall'] = (folder, roomId) => {
  const { client } = lab;
  const userId = client?.getUserId();
  if (!client || !userId) throw new Error('there is no client');
  const parameters = new URLSearchParams({
    widgetId: 'call',
    parentUrl: location.origin,
    roomId,
    userId,
    deviceId: client.getDeviceId() ?? '',
    baseUrl: client.baseUrl,
    intent: 'start_call',
    skipLobby: 'true',
    perParticipantE2EE: 'true',
    confineToRoom: 'true',
    appPrompt: 'false',
    lang: 'en',
    theme: 'dark',
  });
  const url = `${location.origin}/${folder}/index.html#?${parameters}`;

  const frame = document.createElement('iframe');
  frame.setAttribute(
    'sandbox',
    'allow-scripts allow-same-origin allow-forms allow-popups allow-modals allow-downloads',
  );
  frame.allow = 'microphone; camera; display-capture; autoplay; clipboard-write';
  frame.width = '600';
  frame.height = '400';
  frame.src = url;
  document.body.append(frame);

  const widget = new Widget({ id: 'call', creatorUserId: userId, type: 'm.call', url, waitForIframeLoad: false });
  const api = new ClientWidgetApi(widget, frame, new CallDriver(client, roomId));
  const joined = new Promise<void>((resolve) => api.once('action:io.element.join', () => resolve()));
  for (const action of [
    'io.element.join',
    'io.element.device_mute',
    'io.element.tile_layout',
    'im.vector.hangup',
    'io.element.close',
    'set_always_on_screen',
  ])
    api.on(`action:${action}`, (event: CustomEvent) => {
      event.preventDefault();
      api.transport.reply(event.detail, {});
    });
  api.setViewedRoomId(roomId);

  const handleEvent = (event: MatrixEvent) => {
    if (event.getRoomId() !== roomId) return;
    if (event.isState()) void api.feedStateUpdate(raw(event));
    else void api.feedEvent(raw(event));
  };
  const handleTimeline = (event: MatrixEvent) => {
    if (event.isBeingDecrypted()) event.once(MatrixEventEvent.Decrypted, handleEvent);
    else handleEvent(event);
  };
  const handleToDevice = ({ message, encryptionInfo }: { message: object; encryptionInfo: object | null }) =>
    void api.feedToDevice(message as never, encryptionInfo !== null);
  client.on(RoomEvent.Timeline, handleTimeline);
  client.on(RoomStateEvent.Events, handleEvent);
  client.on(ClientEvent.ReceivedToDeviceMessage, handleToDevice as never);

  return {
    joined,
    close() {
      client.off(RoomEvent.Timeline, handleTimeline);
      client.off(RoomStateEvent.Events, handleEvent);
      client.off(ClientEvent.ReceivedToDeviceMessage, handleToDevice as never);
      api.stop();
      frame.remove();
    },
  };
};
