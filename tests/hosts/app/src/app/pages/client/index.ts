export * from './ClientLayout';
export * from './ClientRoot';
export * from './Home';
