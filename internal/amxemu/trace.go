//go:build linux && amd64

package main

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tracer traces a program with all its threads and child processes.
type tracer struct {
	program  int
	threads  map[int]*thread
	stops    uint64
	executed [numOps]uint64
	cpu      unix.CPUSet // the tracer's processor, set at the first AMX instruction
}

// thread is a traced thread. It starts with the initial AMX state, as every new thread and process does on Linux.
type thread struct {
	process
	started bool // it has had its first stop, a SIGSTOP from ptrace
	tiles   tiles
	bound   bool        // to the tracer's processor
	cpus    unix.CPUSet // its processors when it is not bound
}

// trace attaches to the program with that pid and stops it at its first instruction.
func trace(pid int) (*tracer, error) {
	var status unix.WaitStatus
	if _, err := wait(pid, &status); err != nil {
		return nil, fmt.Errorf("waiting for the program to start: %w", err)
	}
	if !status.Stopped() || status.StopSignal() != unix.SIGTRAP {
		return nil, fmt.Errorf("the program did not stop at its start (wait status %#x)", status)
	}
	const options = unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK |
		unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACEEXEC
	if err := unix.PtraceSetOptions(pid, options); err != nil {
		unix.Kill(pid, unix.SIGKILL)
		return nil, fmt.Errorf("ptrace options: %w", err)
	}
	t := &tracer{program: pid, threads: map[int]*thread{pid: {process: process(pid), started: true}}}
	return t, t.resume(pid, 0)
}

// wait waits for a change of state of pid, or of any thread if pid is −1.
func wait(pid int, status *unix.WaitStatus) (int, error) {
	for {
		if tid, err := unix.Wait4(pid, status, unix.WALL, nil); err != unix.EINTR {
			return tid, err
		}
	}
}

// run handles stops until the program ends.
func (t *tracer) run() (unix.WaitStatus, error) {
	for {
		var status unix.WaitStatus
		tid, err := wait(-1, &status)
		if err != nil {
			return 0, fmt.Errorf("wait: %w", err)
		}
		if !status.Stopped() {
			delete(t.threads, tid)
			if tid == t.program {
				return status, nil
			}
			continue
		}
		deliver, err := t.stopped(tid, status)
		if err == nil {
			err = t.resume(tid, deliver)
		}
		// A thread may be killed while it is stopped. Then the calls fail with ESRCH, and its end is reported next.
		if err != nil && !errors.Is(err, unix.ESRCH) {
			return 0, fmt.Errorf("thread %d: %w", tid, err)
		}
	}
}

// resume continues a stopped thread and delivers a signal to it, if it is not 0.
func (t *tracer) resume(tid int, deliver unix.Signal) error {
	if err := unix.PtraceCont(tid, int(deliver)); err != nil && err != unix.ESRCH {
		return fmt.Errorf("continuing: %w", err)
	}
	return nil
}

// stopped handles a stop of a thread and returns the signal to deliver.
func (t *tracer) stopped(tid int, status unix.WaitStatus) (unix.Signal, error) {
	th := t.threads[tid]
	if th == nil { // its first stop may precede its parent's stop for the clone event
		th = &thread{process: process(tid)}
		t.threads[tid] = th
	}
	sig := status.StopSignal()
	switch {
	case sig == unix.SIGSTOP && !th.started:
		th.started = true
		return 0, nil
	case sig == unix.SIGTRAP && status.TrapCause() == unix.PTRACE_EVENT_EXEC:
		// The thread that called exec continues with the id of its process; the other threads have ended.
		former, err := unix.PtraceGetEventMsg(tid)
		if caller := t.threads[int(former)]; err == nil && caller != nil {
			delete(t.threads, int(former))
			t.threads[tid], th = caller, caller
		}
		th.process, th.started, th.tiles = process(tid), true, tiles{}
		t.bind(tid, th)
		return 0, nil
	case sig == unix.SIGTRAP && status.TrapCause() > 0:
		return 0, nil
	case sig == unix.SIGILL:
		return t.illegal(tid, th)
	}
	return sig, nil
}

// illegal handles a SIGILL: it executes the AMX instruction that raised it and the AMX instructions that follow
// directly. If one of the latter faults, illegal stops before it; the instruction then raises its own SIGILL.
func (t *tracer) illegal(tid int, th *thread) (unix.Signal, error) {
	t.stops++
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &regs); err != nil {
		return 0, fmt.Errorf("reading registers: %w", err)
	}
	r := registers{regs.Rax, regs.Rcx, regs.Rdx, regs.Rbx, regs.Rsp, regs.Rbp, regs.Rsi, regs.Rdi,
		regs.R8, regs.R9, regs.R10, regs.R11, regs.R12, regs.R13, regs.R14, regs.R15}
	var buffer [256]byte
	code := buffer[:th.code(buffer[:], regs.Rip)]
	for first := true; ; first = false {
		in, err := decode(code)
		if err != nil {
			if !first {
				break
			}
			if err != errNotAMX && err != errShort {
				t.report(tid, regs.Rip, "AMX instruction", err)
			}
			return unix.SIGILL, nil
		}
		r[rip] = regs.Rip + uint64(in.size)
		if f := th.tiles.execute(in, &r, th); f != nil {
			if !first {
				break
			}
			t.report(tid, regs.Rip, in.op.String(), f)
			return f.signal, deliver(tid, f)
		}
		t.executed[in.op]++
		regs.Rip = r[rip]
		code = code[in.size:]
	}
	if err := unix.PtraceSetRegs(tid, &regs); err != nil {
		return 0, fmt.Errorf("writing registers: %w", err)
	}
	t.bind(tid, th)
	return 0, nil
}

// bind binds a thread to the tracer's processor while its tiles are configured. Otherwise every stop would wake an
// idle processor twice, which can take longer than everything else. It affects only speed, so it ignores errors.
func (t *tracer) bind(tid int, th *thread) {
	if bound := th.tiles.palette != 0; bound == th.bound {
		return
	} else if th.bound = bound; !bound {
		unix.SchedSetaffinity(tid, &th.cpus)
		return
	}
	if t.cpu.Count() == 0 {
		var cpu uint32
		unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0)
		t.cpu.Set(int(cpu))
		unix.SchedSetaffinity(0, &t.cpu)
	}
	if unix.SchedGetaffinity(tid, &th.cpus) == nil {
		unix.SchedSetaffinity(tid, &t.cpu)
	}
}

func (t *tracer) report(tid int, at uint64, what string, err error) {
	fmt.Fprintf(os.Stderr, "amxemu: thread %d, rip %#x: %s: %v\n", tid, at, what, err)
}

// deliver sets the siginfo of the pending signal as the kernel sets it for the fault.
func deliver(tid int, f *fault) error {
	if f.signal == unix.SIGILL {
		return nil // the pending signal is already this SIGILL
	}
	info := struct { // siginfo_t
		signo, errno, code, _ int32
		addr                  uint64
		_                     [104]byte
	}{signo: int32(f.signal), code: f.cause, addr: f.addr}
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SETSIGINFO, uintptr(tid), 0,
		uintptr(unsafe.Pointer(&info)), 0, 0); errno != 0 {
		return fmt.Errorf("writing the signal's cause: %w", errno)
	}
	return nil
}

// process is the memory of a process. Its value is the id of any of the process's threads.
type process int

const pageSize = 4096

// code reads code at addr into buf and returns the number of bytes, which is smaller if the memory ends.
func (p process) code(buf []byte, addr uint64) int {
	here := min(len(buf), int(pageSize-addr%pageSize))
	local := unix.Iovec{Base: &buf[0], Len: uint64(len(buf))}
	remote := [2]unix.RemoteIovec{
		{Base: uintptr(addr), Len: here},
		{Base: uintptr(addr) + uintptr(here), Len: len(buf) - here},
	}
	n, err := unix.ProcessVMReadv(int(p), []unix.Iovec{local}, remote[:], 0)
	if err != nil {
		return 0
	}
	return n
}

// move implements memory with process_vm_readv and process_vm_writev.
func (p process) move(store bool, rows []byte, n int, addr, stride uint64) (bad uint64, ok bool) {
	var local [maxRows]unix.Iovec
	var remote [maxRows]unix.RemoteIovec
	count := (len(rows) + maxColsb - 1) / maxColsb
	for i := range count {
		local[i] = unix.Iovec{Base: &rows[i*maxColsb], Len: uint64(n)}
		remote[i] = unix.RemoteIovec{Base: uintptr(addr + uint64(i)*stride), Len: n}
	}
	var done int
	var err error
	if store { // a function variable would move the arrays to the heap
		done, err = unix.ProcessVMWritev(int(p), local[:count], remote[:count], 0)
	} else {
		done, err = unix.ProcessVMReadv(int(p), local[:count], remote[:count], 0)
	}
	if err != nil {
		done = 0
	}
	return addr + uint64(done/n)*stride + uint64(done%n), done == count*n
}

var _ memory = process(0)
