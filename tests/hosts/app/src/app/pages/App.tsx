import { OverlayContainerProvider } from 'folds';
import React from 'react';
import { RouterProvider } from 'react-router-dom';

import { createRouter } from './Router';

const router = createRouter();

function App() {
  const portalContainer = document.getElementById('portalContainer') ?? undefined;

  return (
    <OverlayContainerProvider value={portalContainer}>
      <RouterProvider router={router} />
    </OverlayContainerProvider>
  );
}

export default App;
