// Synapse's configuration. The files are JSON, which is also valid YAML.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {import('./synapse.mjs').Database} Database */

// Too high to be reached. Zero would not mean "off".
const NO_LIMIT = { per_second: 100_000, burst_count: 100_000 };

const RATE_LIMITS = {
  rc_message: NO_LIMIT,
  rc_registration: NO_LIMIT,
  rc_registration_token_validity: NO_LIMIT,
  rc_login: { address: NO_LIMIT, account: NO_LIMIT, failed_attempts: NO_LIMIT },
  rc_admin_redaction: NO_LIMIT,
  rc_joins: { local: NO_LIMIT, remote: NO_LIMIT },
  rc_joins_per_room: NO_LIMIT,
  rc_key_requests: NO_LIMIT,
  rc_3pid_validation: NO_LIMIT,
  rc_invites: { per_room: NO_LIMIT, per_user: NO_LIMIT, per_issuer: NO_LIMIT },
  rc_third_party_invite: NO_LIMIT,
  rc_media_create: NO_LIMIT,
  rc_presence: { per_user: NO_LIMIT },
  rc_delayed_event_mgmt: NO_LIMIT,
  rc_room_creation: NO_LIMIT,
  rc_reports: NO_LIMIT,
  rc_user_directory: NO_LIMIT,
  rc_profile: NO_LIMIT,
};

const LOGGING = {
  version: 1,
  formatters: { line: { format: '%(asctime)s %(levelname)s %(name)s %(request)s %(message)s' } },
  handlers: { console: { class: 'logging.StreamHandler', formatter: 'line' } },
  root: { level: 'INFO', handlers: ['console'] },
  disable_existing_loggers: false,
};

/**
 * Writes everything Synapse needs to start into a folder.
 *
 * @param {{ port: number, directory: string, serverName: string, database: Database, secret: string }} options
 * @returns {{ config: string, sqlite: string }} the paths of the configuration and of the SQLite database
 */
export function writeConfig({ port, directory, serverName, database, secret }) {
  const config = join(directory, 'homeserver.yaml');
  const sqlite = join(directory, 'homeserver.db');
  const logConfig = join(directory, 'log.yaml');
  const signingKey = join(directory, 'signing.key');

  const seed = randomBytes(32).toString('base64').replace(/=+$/, '');
  writeFileSync(signingKey, `ed25519 a_lab ${seed}\n`, { mode: 0o600 });
  writeFileSync(logConfig, JSON.stringify(LOGGING, null, 2));
  const settings = {
    server_name: serverName,
    // No `public_baseurl`: Synapse would send it with every login, and clients would bypass the proxy.
    listeners: [
      {
        type: 'http',
        port,
        bind_addresses: ['127.0.0.1'],
        resources: [{ names: ['client'], compress: false }],
      },
    ],
    database:
      database === 'sqlite'
        ? { name: 'sqlite3', args: { database: sqlite } }
        : { name: 'psycopg2', allow_unsafe_locale: true, args: { cp_min: 1, cp_max: 5, ...database.postgres } },
    log_config: logConfig,
    signing_key_path: signingKey,
    media_store_path: join(directory, 'media'),

    registration_shared_secret: secret,
    // The cheapest possible hash: nothing here needs protection.
    bcrypt_rounds: 4,
    ...RATE_LIMITS,

    // This setting alone turns delayed events on.
    max_event_delay_duration: '24h',
    presence: { enabled: false },

    federation_domain_whitelist: [],
    trusted_key_servers: [],
    suppress_key_server_warning: true,
    report_stats: false,
    stats: { enabled: false },
  };
  writeFileSync(config, JSON.stringify(settings, null, 2), { mode: 0o600 });
  return { config, sqlite };
}
