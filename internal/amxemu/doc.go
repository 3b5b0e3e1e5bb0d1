// Command amxemu runs a program that uses AMX, the matrix instructions of newer x86 processors, on a processor without them:
//
//	go build -o /tmp/amxemu ./internal/amxemu
//	go test -exec /tmp/amxemu -tags amxemu ./internal/kernel/gemm
//
// The program runs under ptrace at full speed. An AMX instruction raises SIGILL; amxemu then carries it out, and all AMX
// instructions that follow it directly, on tiles that it keeps for each thread, and lets the thread go on behind them. Standard
// input, output and error, signals and the exit status are the program's own (128 and the signal's number where a signal ended it).
// With the flag -v, a last line on standard error says how many instructions of each kind were carried out.
//
// It knows the instructions LDTILECFG, STTILECFG, TILELOADD, TILELOADDT1, TILESTORED, TILEZERO, TILERELEASE and TDPBF16PS. It does
// not pretend that the processor has them: CPUID and arch_prctl answer as ever, so the program must use AMX unasked, as the kernels
// do under the build tag amxemu.
//
// Where hardware faults, so does amxemu, with the signal that Linux makes of it, and it says on standard error which rule was broken
// where: SIGILL for #UD (tiles not configured, one tile twice, shapes that do not fit), SIGSEGV for #GP (a configuration that
// palette 1 does not allow) and for memory that cannot be reached. One difference: a start_row other than zero, which only an
// interrupted tile load leaves behind, is refused as a bad configuration.
//
// It needs Linux on amd64, a processor without AMX, and the right to ptrace, which some containers withhold; without them it says so
// and exits with 125.
// Of job control it knows nothing (a stopped program goes on), and processes that outlive the program are killed.
//
// Meaning and encoding of the instructions are those of Intel's "64 and IA-32 Architectures Software Developer's Manual": volume 1,
// chapter "Programming with Intel Advanced Matrix Extensions", and the instructions' pages in volume 2.
package main
