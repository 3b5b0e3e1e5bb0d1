// Command amxemu runs a program that uses AMX, the matrix instructions of newer x86 processors, on a processor
// without AMX:
//
//	go build -o /tmp/amxemu ./internal/amxemu
//	go test -exec /tmp/amxemu -tags amxemu ./internal/kernel/gemm
//
// The program runs under ptrace at full speed. An AMX instruction raises SIGILL. Then amxemu executes it, and the AMX
// instructions that follow it directly, on emulated tiles of the thread, and continues the thread after them.
// Standard input, output and error, signals and the exit status are the program's (128 + the signal's number if a
// signal ended it). With the flag -v the last line on standard error is the number of executed instructions of each
// kind.
//
// It supports LDTILECFG, STTILECFG, TILELOADD, TILELOADDT1, TILESTORED, TILEZERO, TILERELEASE and TDPBF16PS. It does
// not change CPUID and arch_prctl, so the program must use AMX without detecting it, as the kernels do under the
// build tag amxemu.
//
// amxemu faults where hardware does, with Linux's signal for the fault, and prints the violated rule and the address
// on standard error: SIGILL for #UD (tiles not configured, a tile used twice, shapes that do not match), SIGSEGV for
// #GP (a configuration that palette 1 does not allow) and for inaccessible memory. One difference: a start_row other
// than zero, which only an interrupted tile load produces, is an invalid configuration.
//
// It needs Linux on amd64, a processor without AMX, and the permission to use ptrace, which some containers do not
// grant. Without them it prints an error and exits with 125. It does not support job control (a stopped program
// continues), and it kills processes that outlive the program.
//
// Source of the instructions' meaning and encoding: Intel's "64 and IA-32 Architectures Software Developer's Manual":
// volume 1, chapter "Programming with Intel Advanced Matrix Extensions", and the instructions' pages in volume 2.
package main
