/* Two names of ring's (0.17.14) on x86_64 and aarch64, which `-DOPENSSL_SMALL` takes from it with
 * its tables: 151 kB of multiples of P-256's base point and 24 kB of Ed25519's. Its portable code,
 * which it has for every other processor, does the same under other names. With another ring
 * nothing links until these are compared with it. Weak, for what is linked without ring. */

#include <stdint.h>

typedef uint64_t limb;
#define RING(name) ring_core_0_17_14__##name
#define WEAK __attribute__((weak))

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
