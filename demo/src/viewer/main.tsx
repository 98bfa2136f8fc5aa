import './language';
import 'folds/dist/style.css';
import 'uplot/dist/uPlot.min.css';
import '../page.css';
import './viewer.css';

import { configClass, varsClass } from 'folds';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { Viewer } from './Viewer';

document.body.classList.add(configClass, varsClass);
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <Viewer />
  </StrictMode>,
);
