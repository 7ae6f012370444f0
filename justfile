# Short names for what the project does often; `just` alone lists them.

default:
    @just --list

# What every change must pass, the quick part
check:
    cargo fmt --check --all
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --workspace

# Everything CI runs (root, Debian 12)
ci:
    bash .ci/run

# Every fuzz target for so many seconds, or those that are named
fuzz seconds="30" *names:
    fuzz/run {{seconds}} {{names}}

# A hub and an agent on this machine
demo:
    cargo run --release -p kinglet-hub -- demo

# One sample of this host
sample:
    cargo run --release -- sample

# A static binary for one target
build target="x86_64-unknown-linux-musl" profile="release":
    cross/build {{target}} {{profile}}

# What the agent costs
footprint *arguments:
    bench/footprint {{arguments}}

# Write the golden files anew; read the difference before committing it
golden:
    UPDATE_GOLDEN=1 cargo test --workspace
