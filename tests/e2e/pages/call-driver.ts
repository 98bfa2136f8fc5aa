// A client's side of a widget call: turns each request of the widget into a request of the client.
import { Direction, type MatrixClient, MatrixError, type MatrixEvent } from 'matrix-js-sdk';
import {
  type Capability,
  type IGetMediaConfigResult,
  type IOpenIDUpdate,
  type IRoomEvent,
  type ISendDelayedEventDetails,
  type ISendEventDetails,
  type IWidgetApiErrorResponseDataDetails,
  OpenIDRequestState,
  type SimpleObservable,
  WidgetDriver,
} from 'matrix-widget-api';

export class CallDriver extends WidgetDriver {
  constructor(
    private readonly client: MatrixClient,
    private readonly roomId: string,
  ) {
    super();
  }

  override async validateCapabilities(requested: Set<Capability>): Promise<Set<Capability>> {
    return requested;
  }

  override async sendEvent(type: string, content: unknown, stateKey?: string | null): Promise<ISendEventDetails> {
    const { event_id: eventId } =
      typeof stateKey === 'string'
        ? await this.client.sendStateEvent(this.roomId, type as never, content as never, stateKey)
        : await this.client.sendEvent(this.roomId, type as never, content as never);
    return { roomId: this.roomId, eventId };
  }

  override async sendDelayedEvent(
    delay: number,
    type: string,
    content: unknown,
    stateKey?: string | null,
  ): Promise<ISendDelayedEventDetails> {
    const { delay_id: delayId } =
      typeof stateKey === 'string'
        ? await this.client._unstable_sendDelayedStateEvent(
            this.roomId,
            { delay },
            type as never,
            content as never,
            stateKey,
          )
        : await this.client._unstable_sendDelayedEvent(this.roomId, { delay }, null, type as never, content as never);
    return { roomId: this.roomId, delayId };
  }

  override async cancelScheduledDelayedEvent(delayId: string): Promise<void> {
    await this.client._unstable_cancelScheduledDelayedEvent(delayId);
  }

  override async restartScheduledDelayedEvent(delayId: string): Promise<void> {
    await this.client._unstable_restartScheduledDelayedEvent(delayId);
  }

  override async sendScheduledDelayedEvent(delayId: string): Promise<void> {
    await this.client._unstable_sendScheduledDelayedEvent(delayId);
  }

  override async sendToDevice(
    type: string,
    _encrypted: boolean,
    contents: Record<string, Record<string, object>>,
  ): Promise<void> {
    for (const [userId, devices] of Object.entries(contents))
      for (const [deviceId, content] of Object.entries(devices))
        await this.client.encryptAndSendToDevice(type, [{ userId, deviceId }], content as never);
  }

  override async readRoomState(_roomId: string, type: string, stateKey: string | undefined): Promise<IRoomEvent[]> {
    const state = this.client.getRoom(this.roomId)?.getLiveTimeline().getState(Direction.Forward);
    const found = stateKey === undefined ? state?.getStateEvents(type) : state?.getStateEvents(type, stateKey);
    return (Array.isArray(found) ? found : found ? [found] : []).map(raw);
  }

  override async readRoomTimeline(_roomId: string, type: string): Promise<IRoomEvent[]> {
    const events = this.client.getRoom(this.roomId)?.getLiveTimeline().getEvents() ?? [];
    return events.filter((event) => event.getType() === type).map(raw);
  }

  override askOpenID(observer: SimpleObservable<IOpenIDUpdate>): void {
    const update = async () => {
      const token = await this.client.getOpenIdToken();
      observer.update({ state: OpenIDRequestState.Allowed, token: token as never });
    };
    void update();
  }

  override async *getTurnServers(): AsyncGenerator<never> {
    await new Promise(() => {});
  }

  override async readStickyEvents(): Promise<IRoomEvent[]> {
    return [];
  }

  override getKnownRooms(): string[] {
    return [this.roomId];
  }

  override async getMediaConfig(): Promise<IGetMediaConfigResult> {
    return {};
  }

  override processError(error: unknown): IWidgetApiErrorResponseDataDetails | undefined {
    return error instanceof MatrixError ? { matrix_api_error: error.asWidgetApiErrorData() } : undefined;
  }
}

/** The event as received, once decrypted. */
export const raw = (event: MatrixEvent) => event.getEffectiveEvent() as unknown as IRoomEvent;
