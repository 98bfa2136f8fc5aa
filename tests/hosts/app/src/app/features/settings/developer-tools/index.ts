export * from './DevelopTools';
