import { variantOf } from '../variant';

/** A date or a time as people write it in the browser's variant of the language; other values as they are. */
export function readable(type: string, value: string, tag: string): string {
  const [date, time] = { date: [value, '00:00'], time: ['1970-01-01', value], datetime: value.split('T') }[type] ?? [];
  const at = new Date(`${date}T${time}Z`);
  if (Number.isNaN(at.getTime())) return value;
  return at.toLocaleString(variantOf(tag), {
    timeZone: 'UTC',
    ...(type !== 'time' && { dateStyle: 'long' }),
    ...(type !== 'date' && { timeStyle: 'short' }),
  });
}
