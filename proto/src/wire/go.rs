//! Names as software written in Go has them.

/// A machine's name (GOARCH); the kernel's own for machines that Go does not know.
pub(crate) fn arch(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "armv5tel" | "armv6l" | "armv7l" => "arm",
        "i586" | "i686" => "386",
        // The kernel says `mips` for both ends; this agent was made for the one it runs on.
        "mips" if cfg!(all(target_arch = "mips", target_endian = "little")) => "mipsle",
        other => other,
    }
}
