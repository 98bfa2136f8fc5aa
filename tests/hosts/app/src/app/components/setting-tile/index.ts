export * from './SettingTile';
