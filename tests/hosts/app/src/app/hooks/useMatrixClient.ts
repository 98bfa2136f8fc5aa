import type { MatrixClient } from 'matrix-js-sdk';
import { createContext, useContext } from 'react';

const MatrixClientContext = createContext<MatrixClient | null>(null);

export const MatrixClientProvider = MatrixClientContext.Provider;

export function useMatrixClient(): MatrixClient {
  const mx = useContext(MatrixClientContext);
  if (!mx) throw new Error('Matrix client is not there yet!');
  return mx;
}
