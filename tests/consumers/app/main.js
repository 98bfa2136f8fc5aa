// A host in one file, for every bundler: the first line logged after the import must be captured.
import 'lotus-crypto-diag/auto';
import './boot.js';
import { CryptoDiagnostics } from 'lotus-crypto-diag/react';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

createRoot(document.getElementById('root')).render(createElement(CryptoDiagnostics));
