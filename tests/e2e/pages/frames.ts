// An app that shows calls in a frame, as Cinny does with Element Call.
import 'lotus-crypto-diag/auto';
import * as lib from 'lotus-crypto-diag';

window.lib = lib;
window.openFrame = (src, sandbox) => {
  const frame = document.createElement('iframe');
  if (sandbox !== undefined) frame.setAttribute('sandbox', sandbox);
  frame.src = src;
  document.body.append(frame);
  return frame;
};
