//! Names as software written in Go has them.

/// A machine's name (GOARCH); the kernel's own for machines that Go does not know.
pub(crate) fn arch(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "armv5tel" | "armv6l" | "armv7l" => "arm",
        "i586" | "i686" => "386",
        other => other,
    }
}
