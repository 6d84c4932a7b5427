//! The program `kickback`: see `kickback --help`.

/// Training allocates and frees large tensors all the time. The system's allocator gives each back to
/// the kernel and takes it anew, page fault by page fault: 45 % of the time was spent in the kernel.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    daemon::main()
}
