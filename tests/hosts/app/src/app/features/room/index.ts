export * from './Room';
