export * from './Login';
