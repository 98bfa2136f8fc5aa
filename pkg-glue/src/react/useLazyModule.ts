import { useEffect, useState } from 'react';

/**
 * A module that is loaded once the component is mounted: `undefined` until then, `null` if loading failed. Retries when
 * `isNeeded` becomes true. `React.lazy` would throw the failure at the host.
 */
export function useLazyModule<Module>(load: () => Promise<Module>, isNeeded = true): Module | null | undefined {
  const [module, setModule] = useState<Module | null>();
  const isLoaded = Boolean(module);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `load` never changes; `isNeeded` triggers a retry.
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
