import React from 'react';
import { createRoot } from 'react-dom/client';
import 'folds/dist/style.css';
import { configClass, lightTheme, varsClass } from 'folds';

import './index.css';

import App from './app/pages/App';

document.body.classList.add(configClass, varsClass, lightTheme);

if ('serviceWorker' in navigator) void navigator.serviceWorker.register('/sw.js');

const mountApp = () => {
  const rootContainer = document.getElementById('root');

  if (rootContainer === null) {
    console.error('Root container element not found!');
    return;
  }

  createRoot(rootContainer).render(<App />);
};

mountApp();
