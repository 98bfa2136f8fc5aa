/** Lines of Synapse's log around a time: first quick answers, then a call's delayed event that took 20 s. */
export function synapseLog(at: number, userId: string): string {
  const line = (ended: number, seconds: number, nth: number, path: string) => {
    const time = new Date(ended).toISOString().replace('T', ' ').replace('.', ',').replace('Z', '');
    return `${time} - synapse.access.http.8008 - 460 - INFO - POST-${nth} - 127.0.0.1 - 8008 - {${userId}} Processed request: ${seconds.toFixed(3)}sec/0.001sec ru=(0.001sec, 0.000sec) db=(0.000sec/0.000sec/0) 2B 200 "POST ${path} HTTP/1.1" "Mozilla/5.0" [0 dbevts]\n`;
  };
  const DELAYED = '/_matrix/client/unstable/org.matrix.msc4140/delayed_events/syd_abc';
  let log = '';
  for (let nth = 0; nth < 40; nth += 1) log += line(at - 600_000 + nth * 10_000, 0.02 + (nth % 5) / 100, nth, DELAYED);
  for (let nth = 40; nth < 60; nth += 1) log += line(at + nth * 100, 20 + nth / 10, nth, DELAYED);
  return log;
}
