import { inLocale } from './locale';

/** The local time, with the date if it is not today. */
export function localTime(time: Date): string {
  const isToday = time.toDateString() === new Date().toDateString();
  return inLocale((locale) => (isToday ? time.toLocaleTimeString(locale) : time.toLocaleString(locale)));
}

const DAY_MS = 86_400_000;

/** The local time if it is today; otherwise "yesterday", the weekday, or, from a week ago, the date. */
export function localDay(time: Date): string {
  const [today, day] = [new Date(), new Date(time)];
  today.setHours(0, 0, 0, 0);
  day.setHours(0, 0, 0, 0);
  // Rounded: with a change to or from summer time, a day has 23 or 25 hours.
  const days = Math.round((today.getTime() - day.getTime()) / DAY_MS);
  if (days <= 0) return localTime(time);
  return inLocale((locale) => {
    if (days === 1) return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-1, 'day');
    return time.toLocaleDateString(locale, days < 7 ? { weekday: 'long' } : {});
  });
}
