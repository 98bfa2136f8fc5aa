export * from './SequenceCard';
