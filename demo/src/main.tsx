// Imported first, as in a real app: everything logged from here on is captured.
import 'lotus-crypto-diag/auto';
import 'folds/dist/style.css';
import './page.css';

import { configClass, varsClass } from 'folds';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { DeveloperTools } from './DeveloperTools';
import { startDevice } from './session';

void startDevice();

document.body.classList.add(configClass, varsClass);
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <DeveloperTools />
  </StrictMode>,
);
