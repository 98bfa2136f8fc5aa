/** The texts of the button that lets an upload through, on the card and in the recovery prompt. */
export const ENGLISH_RETRY = {
  button: 'Try again now',
  /** What the button does. */
  explain: 'Repeated uploads of these keys are answered locally. This sends the next one to the server, once.',
  /** The outcome. */
  waiting: 'The next upload of keys goes to the server. This app tries again by itself, within a minute or so.',
  sent: 'The keys were sent to the server. It has not answered yet.',
  refused: 'The server refused the keys again.',
  accepted: 'The server accepts the keys of this device again.',
};

export type RetryWords = typeof ENGLISH_RETRY;
