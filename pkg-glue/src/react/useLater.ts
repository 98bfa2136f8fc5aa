import { useEffect, useState } from 'react';

/**
 * A module that is loaded once the component is on the screen: `undefined` until it is there, `null` where it could not be
 * loaded. That is tried again when `isNeeded` becomes true. `React.lazy` would throw it at the host.
 */
export function useLater<Module>(load: () => Promise<Module>, isNeeded = true): Module | null | undefined {
  const [module, setModule] = useState<Module | null>();
  const isLoaded = Boolean(module);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is loaded does not change; it is tried again.
  useEffect(() => {
    if (isLoaded) return;
    let isCurrent = true;
    const handle = (loaded: Module | null) => isCurrent && setModule(() => loaded);
    load().then(handle, () => handle(null));
    return () => {
      isCurrent = false;
    };
  }, [isLoaded, isNeeded]);
  return module;
}
