/* Names of ring's (0.17.14) for code that Kinglet is built without. With another ring nothing links
 * until these are compared with it. Weak, for what is linked without ring. */

#include <stdint.h>

typedef uint64_t limb;
#define RING(name) ring_core_0_17_14__##name
#define WEAK __attribute__((weak))

/* On x86_64 and aarch64 `-DOPENSSL_SMALL` takes two from it with its tables: 151 kB of multiples of
 * P-256's base point and 24 kB of Ed25519's. Its portable code, which it has for every other
 * processor, does the same under other names. */

/* r is the scalar times P-256's base point. Without secrets ring may take as long as the scalar
 * needs, for a signature's sake; this always takes the same time. */
WEAK void RING(p256_point_mul_base)(limb r[3][4], const limb scalar[4]);
WEAK void RING(p256_point_mul_base_vartime)(limb r[3][4], const limb scalar[4]) {
    RING(p256_point_mul_base)(r, scalar);
}

/* X25519; where a processor has ADX, ring asks for the code in assembler. */
WEAK void RING(x25519_scalar_mult_generic_masked)(uint8_t out[32], const uint8_t scalar[32],
                                                  const uint8_t point[32]);
WEAK void RING(x25519_scalar_mult_adx)(uint8_t out[32], const uint8_t scalar[32],
                                       const uint8_t point[32]) {
    RING(x25519_scalar_mult_generic_masked)(out, scalar, point);
}

/* On ARM before version 7 cross/no-neon.h leaves out what is written for NEON. A processor that has
 * it all the same (a newer Raspberry Pi with the deb for every armhf) is not asked: ring is the only
 * one who would (AT_HWCAP), and std, who asks for the least of a signal's stack, has a default. */
#if defined(__arm__) && __ARM_ARCH < 7

_Noreturn void abort(void);

WEAK unsigned long getauxval(unsigned long item) {
    (void)item;
    return 0;
}

__attribute__((used)) static void never(void) { abort(); }

#define NEVER(name) __attribute__((weak, alias("never"))) void RING(name)(void);

NEVER(bn_mul8x_mont_neon)
NEVER(bsaes_ctr32_encrypt_blocks)
NEVER(gcm_ghash_neon)
NEVER(gcm_gmult_neon)
NEVER(gcm_init_neon)
NEVER(sha256_block_data_order_neon)
NEVER(sha512_block_data_order_neon)
NEVER(vpaes_ctr32_encrypt_blocks)
NEVER(vpaes_encrypt_key_to_bsaes)
NEVER(vpaes_set_encrypt_key)

#endif
