// A page in a frame whose logger reads the console's methods once, when it is loaded.
import log from 'loglevel';

window.logBothWays = (number) => {
  log.warn(`MissingKey: missing key at index ${number} for participant @bound:hs:DEV`);
  console.warn(`MissingKey: missing key at index ${number} for participant @called:hs:DEV`);
};
