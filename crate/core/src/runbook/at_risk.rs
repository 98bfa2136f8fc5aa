//! The query that finds devices at risk without a log.

use super::sql::Dialect;

/// The most devices that the query covers, the most recently seen first.
const MAX_DEVICES: u32 = 5000;
/// The most keys and messages that are counted per device.
const MAX_COUNTED: u32 = 1000;
/// A device may have 500 one-time keys.
const NEARLY_FULL: u32 = 450;
const DAYS: u32 = 30;
/// Synapse stamps the keys of one upload one after the other: device keys may be younger than one-time keys that came with
/// them.
const ONE_UPLOAD_MS: u32 = 2000;

/// A read-only query. It scans `devices` twice and looks up the 5000 most recently seen devices in the other tables by
/// index, at most 1000 rows each, so its cost does not grow with the tables of keys and messages. Each row has the
/// columns of [`DeviceAtRisk`](crate::survey::DeviceAtRisk) and [`Coverage`](crate::survey::Coverage); if no device is
/// at risk, there is one row with only the latter.
pub fn devices_at_risk(dialect: Dialect) -> String {
    let (now, shown, used, once) = match dialect {
        // Without `MATERIALIZED`, PostgreSQL would inline the subqueries at each use and run them again.
        Dialect::Postgres => ("extract(epoch FROM now()) * 1000", "NOT hidden", "bool_or(f.used)", " MATERIALIZED"),
        // SQLite does not need `MATERIALIZED`, and versions before 3.35 do not support it.
        Dialect::Sqlite => ("strftime('%s', 'now') * 1000", "hidden = 0", "max(f.used)", ""),
    };
    let time = |column: &str| dialect.time(column);
    let of = |table: &str| format!("{table}.user_id = d.user_id AND {table}.device_id = d.device_id");
    let keys =
        format!("(SELECT o.ts_added_ms FROM e2e_one_time_keys_json o WHERE {} LIMIT {MAX_COUNTED}) AS few", of("o"));
    let seen = format!("{shown} AND (last_seen IS NULL OR last_seen > {now} - {DAYS} * 86400000.0)");
    format!(
        "WITH recent AS{once} (
  SELECT user_id, device_id, last_seen, user_agent
  FROM devices
  WHERE {seen}
  ORDER BY coalesce(last_seen, 0) DESC
  LIMIT {MAX_DEVICES}
), coverage AS (
  SELECT (SELECT count(*) FROM recent) AS looked_at,
    (SELECT count(*) FROM (SELECT 1 FROM devices WHERE {seen} LIMIT {beyond}) AS few) = {beyond} AS is_cut
), known AS{once} (
  SELECT d.user_id, d.device_id, d.last_seen, d.user_agent,
    (SELECT k.ts_added_ms FROM e2e_device_keys_json k WHERE {of_k}) AS keys_changed
  FROM recent d
), held AS{once} (
  SELECT d.user_id, d.device_id, d.last_seen, d.user_agent, d.keys_changed,
    (SELECT count(*) FROM {keys}) AS one_time_keys,
    (SELECT count(*) FROM {keys} WHERE few.ts_added_ms < d.keys_changed - {ONE_UPLOAD_MS}) AS keys_of_before,
    (SELECT min(few.ts_added_ms) FROM {keys}) AS oldest_key,
    (SELECT max(few.ts_added_ms) FROM {keys}) AS newest_key,
    (SELECT {used} FROM e2e_fallback_keys_json f WHERE {of_f}) AS fallback_used,
    (SELECT count(*) FROM (SELECT 1 FROM device_inbox i WHERE {of_i} LIMIT {MAX_COUNTED}) AS few) AS waiting
  FROM known d
)
SELECT user_id, device_id, one_time_keys, keys_of_before, {oldest} AS oldest_key_at, {newest} AS newest_key_at,
  {changed} AS keys_changed_at, fallback_used, waiting, {last_seen} AS last_seen, user_agent, looked_at, is_cut
FROM coverage LEFT JOIN held
  ON keys_of_before > 0 OR one_time_keys >= {NEARLY_FULL} OR (one_time_keys = 0 AND fallback_used) OR waiting >= {MAX_COUNTED}
ORDER BY keys_of_before DESC, waiting DESC, user_id, device_id;",
        beyond = MAX_DEVICES + 1,
        of_f = of("f"),
        of_i = of("i"),
        of_k = of("k"),
        oldest = time("oldest_key"),
        newest = time("newest_key"),
        changed = time("keys_changed"),
        last_seen = time("last_seen"),
    )
}
