#include "simple/doc/xml_time.h"

enum { DAY = 24 * 60 * 60 };

#define YEAR_9999_END INT64_C(253402300799)

/* Days since 1970-01-01 of a day in the Gregorian calendar (H. Hinnant, days_from_civil). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void put_digits(uint8_t *to, size_t n, int64_t v)
{
    while (n-- > 0) {
        to[n] = (uint8_t)('0' + v % 10);
        v /= 10;
    }
}

void xml_time_print(struct buf *b, int64_t seconds)
{
    int64_t s = seconds < 0 ? 0 : seconds > YEAR_9999_END ? YEAR_9999_END : seconds;
    int64_t z = s / DAY + 719468, of_day = s % DAY;
    int64_t era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;
    uint8_t t[] = "0000-00-00T00:00:00Z";

    put_digits(t, 4, yoe + era * 400 + (month <= 2 ? 1 : 0));
    put_digits(t + 5, 2, month);
    put_digits(t + 8, 2, doy - (153 * mp + 2) / 5 + 1);
    put_digits(t + 11, 2, of_day / 3600);
    put_digits(t + 14, 2, of_day / 60 % 60);
    put_digits(t + 17, 2, of_day % 60);
    buf_put(b, t, sizeof t - 1);
}

/* Exactly n digits, and the mark behind them unless it is 0. */
static bool take(struct span *s, size_t n, uint8_t mark, int64_t low, int64_t high, int64_t *out)
{
    uint64_t v = 0;
    size_t all = n + (mark ? 1 : 0);

    if (s->n < all || !span_number(span_first(*s, n), 9999, &v) ||
        (mark && ascii_lower(s->p[n]) != mark))
        return false;
    *s = span_skip(*s, all);
    *out = (int64_t)v;
    return *out >= low && *out <= high;
}

/* "Z", "+hh:mm" or "-hh:mm"; none is read as UTC (xs:dateTime allows that, RFC 3339 does not). */
static bool take_zone(struct span s, int64_t *offset)
{
    int64_t hours, minutes;
    bool west = s.n > 0 && s.p[0] == '-';

    *offset = 0;
    if (s.n == 0 || (s.n == 1 && ascii_lower(s.p[0]) == 'z'))
        return true;
    if (s.p[0] != '+' && !west)
        return false;
    s = span_skip(s, 1);
    if (!take(&s, 2, ':', 0, 23, &hours) || !take(&s, 2, 0, 0, 59, &minutes) || s.n > 0)
        return false;
    *offset = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
    return true;
}

bool xml_time_parse(struct span s, int64_t *seconds)
{
    static const uint8_t lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year, month, day, hour, minute, second, offset;

    s = span_trim(s);
    if (!take(&s, 4, '-', 0, 9999, &year) || !take(&s, 2, '-', 1, 12, &month) ||
        !take(&s, 2, 't', 1, lengths[month - 1], &day) || !take(&s, 2, ':', 0, 23, &hour) ||
        !take(&s, 2, ':', 0, 59, &minute) || !take(&s, 2, 0, 0, 60, &second))
        return false;
    if (month == 2 && day == 29 && (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)))
        return false;
    if (s.n > 1 && s.p[0] == '.' && s.p[1] >= '0' && s.p[1] <= '9') {
        s = span_skip(s, 1);
        while (s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9')
            s = span_skip(s, 1);
    }
    if (!take_zone(s, &offset))
        return false;
    *seconds = days_of(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    return true;
}
