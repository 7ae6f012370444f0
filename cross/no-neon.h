/* Read before all else of ring's assembler for ARM before version 7, which has no NEON: without this
 * ring brings 15 kB for it and asks the processor at run time. cross/ring.c has the other half. */

#ifdef __ASSEMBLER__
#include <ring-core/asm_base.h>

#undef __ARM_MAX_ARCH__
#define __ARM_MAX_ARCH__ 6

/* A file that has nothing else, and no switch: under names that nobody asks for it is left out. */
#undef vpaes_ctr32_encrypt_blocks
#undef vpaes_encrypt_key_to_bsaes
#undef vpaes_set_encrypt_key
#endif
