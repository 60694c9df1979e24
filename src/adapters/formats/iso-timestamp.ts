/**
 * Times as most records have them, read from the bytes: no text is made. What is not of this form is NaN, and the
 * caller
 * reads it with parseTimestamp of core, which takes all forms; both give the same for what both take (tested).
 */
const CUMULATIVE_DAYS = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** `YYYY-MM-DDTHH:MM:SS[.fff]Z`, the T may be a space, the Z may be missing; NaN for any other text. */
export function isoTimestamp(data: Uint8Array, start: number, end: number): number {
  const last = data[end - 1] === 0x5a ? end - 1 : end
  const length = last - start
  if (length !== 19 && length !== 23) return Number.NaN
  const separator = data[start + 10]
  if (data[start + 4] !== 0x2d || data[start + 7] !== 0x2d || (separator !== 0x54 && separator !== 0x20))
    return Number.NaN
  if (data[start + 13] !== 0x3a || data[start + 16] !== 0x3a) return Number.NaN
  const year = twoDigits(data, start) * 100 + twoDigits(data, start + 2)
  const month = twoDigits(data, start + 5)
  const day = twoDigits(data, start + 8)
  const hour = twoDigits(data, start + 11)
  const minute = twoDigits(data, start + 14)
  const second = twoDigits(data, start + 17)
  let milliseconds = 0
  if (length === 23) {
    if (data[start + 19] !== 0x2e) return Number.NaN
    const units = (data[start + 22] as number) - 0x30
    if (units < 0 || units > 9) return Number.NaN
    milliseconds = twoDigits(data, start + 20) * 10 + units
  }
  if (!(month >= 1 && month <= 12 && hour <= 23 && minute <= 59 && second <= 59 && year >= 0 && milliseconds >= 0)) {
    return Number.NaN
  }
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const monthDays = month === 2 && leap ? 29 : (DAYS_IN_MONTH[month - 1] as number)
  if (!(day >= 1 && day <= monthDays)) return Number.NaN
  const years = year - 1
  const days =
    years * 365 +
    Math.floor(years / 4) -
    Math.floor(years / 100) +
    Math.floor(years / 400) +
    (CUMULATIVE_DAYS[month - 1] as number) +
    (leap && month > 2 ? 1 : 0) +
    day -
    719_163
  return days * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + milliseconds
}

function twoDigits(data: Uint8Array, at: number): number {
  const tens = (data[at] as number) - 0x30
  const units = (data[at + 1] as number) - 0x30
  return tens >= 0 && tens <= 9 && units >= 0 && units <= 9 ? tens * 10 + units : Number.NaN
}
