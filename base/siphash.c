#include "base/siphash.h"

static inline uint64_t rotl(uint64_t v, int by)
{
    return v << by | v >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] = rotl(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] = rotl(v[2], 32);
}

static inline void sip_begin(uint64_t v[4], const uint64_t key[2])
{
    v[0] = key[0] ^ 0x736f6d6570736575U;
    v[1] = key[1] ^ 0x646f72616e646f6dU;
    v[2] = key[0] ^ 0x6c7967656e657261U;
    v[3] = key[1] ^ 0x7465646279746573U;
}

static inline void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

static inline uint64_t sip_end(uint64_t v[4])
{
    for (int k = 0; k < 3; k++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static inline uint64_t load8(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, 8);
    return word;
}

static inline uint32_t load4(const uint8_t *p)
{
    uint32_t word;

    memcpy(&word, p, 4);
    return word;
}

/* The last n < 8 octets, the rest zero: by loads that overlap instead of a loop. */
static inline uint64_t load_rest(const uint8_t *p, size_t n)
{
    if (n >= 4)
        return load4(p) | (uint64_t)load4(p + n - 4) << (8 * (n - 4));
    if (n == 0)
        return 0;
    return p[0] | (uint64_t)p[n / 2] << (8 * (n / 2)) | (uint64_t)p[n - 1] << (8 * (n - 1));
}

/* All whole words of it; gives where the rest begins. */
static inline size_t sip_words(uint64_t v[4], struct span in)
{
    size_t i = 0;

    for (; i + 8 <= in.n; i += 8)
        sip_word(v, load8(in.p + i));
    return i;
}

uint64_t siphash(const uint64_t key[2], struct span in)
{
    uint64_t v[4];
    size_t i;

    sip_begin(v, key);
    i = sip_words(v, in);
    sip_word(v, (uint64_t)in.n << 56 | load_rest(in.p + i, in.n - i));
    v[2] ^= 0xff;
    return sip_end(v);
}

/* Each part as its length, then its octets, filled up to whole words; the two ends are those of
 * SipHash-128. */
void siphash_parts(const uint64_t key[2], const struct span *parts, size_t count, uint64_t out[2])
{
    uint64_t v[4];

    sip_begin(v, key);
    v[1] ^= 0xee;
    for (size_t k = 0; k < count; k++) {
        size_t i;

        sip_word(v, parts[k].n);
        i = sip_words(v, parts[k]);
        if (i < parts[k].n)
            sip_word(v, load_rest(parts[k].p + i, parts[k].n - i));
    }
    v[2] ^= 0xee;
    out[0] = sip_end(v);
    v[1] ^= 0xdd;
    out[1] = sip_end(v);
}
