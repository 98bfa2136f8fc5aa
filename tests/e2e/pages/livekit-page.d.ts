/** What the pages `livekit-….html` offer to tests. */
export interface LiveKitCall {
  /** Version of livekit-client. */
  readonly version: string;
  /** Gives the key for Bob's media to Alice, who watches, or to Bob himself. */
  setKey(holder: 'alice' | 'bob', index: number, secret: string): Promise<void>;
  /** How many frames of Bob's video Alice has seen. */
  pictures(): Promise<number>;
}

declare global {
  interface Window {
    call: Promise<LiveKitCall>;
  }
}
