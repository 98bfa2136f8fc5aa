/** What the pages `livekit-….html` offer to a test. */
export interface LiveKitCall {
  /** Of livekit-client. */
  readonly version: string;
  /** A key for what Bob sends: given to Alice, who watches, or to Bob himself. */
  setKey(holder: 'alice' | 'bob', index: number, secret: string): Promise<void>;
  /** How many pictures of Bob Alice has seen. */
  pictures(): Promise<number>;
}

declare global {
  interface Window {
    call: Promise<LiveKitCall>;
  }
}
