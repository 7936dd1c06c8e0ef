/* Date: only the RFC 1123 form in GMT (RFC 3261 20.17), "Sat, 13 Nov 2010 23:29:00 GMT". */
#include "simple/wire/hdr.h"
#include "simple/wire/scan.h"

enum { DATE_SIZE = 29 };

static const char weekdays[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Index of the three letters, or -1. */
static int find_name(const char *names, int count, const uint8_t *at)
{
    for (int i = 0; i < count; i++)
        if (memcmp(names + 3 * (size_t)i, at, 3) == 0)
            return i;
    return -1;
}

static bool read_digits(const uint8_t *at, int n, int *out)
{
    *out = 0;
    for (int i = 0; i < n; i++) {
        unsigned digit = (uint8_t)(at[i] - '0');

        if (digit > 9)
            return false;
        *out = *out * 10 + (int)digit;
    }
    return true;
}

/* Days since 1 January 1970 of the proleptic Gregorian calendar; month 1..12. Years begin in March
 * here, so that the leap day is the last of a year. */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return lengths[month - 1] + (month == 2 && leap);
}

bool sip_date_parse(struct span value, int64_t *out)
{
    struct span s = scan_trim(value);
    int day, month, year, hour, minute, second;

    if (s.n != DATE_SIZE || find_name(weekdays, 7, s.p) < 0 || memcmp(s.p + 3, ", ", 2) != 0 ||
        s.p[7] != ' ' || s.p[11] != ' ' || s.p[16] != ' ' || s.p[19] != ':' || s.p[22] != ':' ||
        memcmp(s.p + 25, " GMT", 4) != 0)
        return false;
    month = find_name(months, 12, s.p + 8) + 1;
    if (month == 0 || !read_digits(s.p + 5, 2, &day) || !read_digits(s.p + 12, 4, &year) ||
        !read_digits(s.p + 17, 2, &hour) || !read_digits(s.p + 20, 2, &minute) ||
        !read_digits(s.p + 23, 2, &second))
        return false;
    if (day < 1 || day > month_length(year, month) || hour > 23 || minute > 59 || second > 60)
        return false;
    *out = days_of(year, month, day) * 86400 + (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
    return true;
}

static void put_two(struct buf *b, int64_t v)
{
    buf_u8(b, (uint8_t)('0' + v / 10 % 10));
    buf_u8(b, (uint8_t)('0' + v % 10));
}

/* Which year, month and day that day is; see days_of. */
static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

void sip_date_print(struct buf *b, int64_t seconds)
{
    static const int64_t end_of_9999 = 253402300799;
    int64_t days, left, year;
    int month, day;

    if (seconds < 0 || seconds > end_of_9999)
        seconds = seconds < 0 ? 0 : end_of_9999; /* four digits of year are all there is */
    days = seconds / 86400;
    left = seconds % 86400;
    date_of(days, &year, &month, &day);
    buf_put(b, weekdays + 3 * ((days + 4) % 7), 3);
    BUF_LIT(b, ", ");
    put_two(b, day);
    buf_u8(b, ' ');
    buf_put(b, months + (size_t)3 * (size_t)(month - 1), 3);
    buf_u8(b, ' ');
    put_two(b, year / 100);
    put_two(b, year % 100);
    buf_u8(b, ' ');
    put_two(b, left / 3600);
    buf_u8(b, ':');
    put_two(b, left / 60 % 60);
    buf_u8(b, ':');
    put_two(b, left % 60);
    BUF_LIT(b, " GMT");
}
