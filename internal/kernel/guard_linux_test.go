package kernel

import (
	"syscall"
	"testing"
	"unsafe"
)

// guarded is a slice that ends where unreadable memory begins, or begins where unreadable memory ends: a kernel that
// touches one byte too many faults. Memory is given back when the test ends.
func guarded[T Float](t testing.TB, n int, front bool) []T {
	t.Helper()
	var x T
	page := syscall.Getpagesize()
	size := n * int(unsafe.Sizeof(x))
	inner := (size + page - 1) / page * page
	if inner == 0 {
		inner = page
	}
	all, err := syscall.Mmap(-1, 0, inner+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip("no memory to guard: ", err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(all) })
	for _, edge := range [][]byte{all[:page], all[page+inner:]} {
		if err := syscall.Mprotect(edge, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	from := page
	if !front {
		from += inner - size
	}
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&all[from])), n)
}
