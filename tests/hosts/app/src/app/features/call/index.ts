export * from './CallEmbed';
