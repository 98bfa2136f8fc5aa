import { useEffect, useState } from 'react';

/**
 * A module that is loaded once the component is on the screen: `undefined` until it is there, `null` where it cannot be
 * loaded. `React.lazy` would throw that at the host.
 */
export function useLater<Module>(load: () => Promise<Module>): Module | null | undefined {
  const [module, setModule] = useState<Module | null>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is loaded does not change.
  useEffect(() => {
    let isCurrent = true;
    const handle = (loaded: Module | null) => isCurrent && setModule(() => loaded);
    load().then(handle, () => handle(null));
    return () => {
      isCurrent = false;
    };
  }, []);
  return module;
}
