package solvers

import "math/bits"

// ledger is a growing list of records of one size, in chunks, so that growing neither copies nor doubles it. One chunk
// is for the records that are expected. Of those that follow, each of the first is twice the one before, 1 to
// 1<<topChunk times the smallest. A ring has the last records alone, in one chunk.
type ledger[T Float] struct {
	size  int // of a record
	per   int // records of the smallest chunk
	first int // of the chunk for those that are expected; 0: there is none
	n     int
	chunk [][]T
	ring  bool
	low   int // a ring's first record
}

// chunkSize is about how many numbers the smallest chunk of a ledger has.
const chunkSize = 1 << 13

// topChunk bounds the chunks: sixteen times the smallest.
const topChunk = 4

// init makes a list of records of a size. So many are expected; 0: nobody knows.
func (l *ledger[T]) init(size, expected int) {
	l.size, l.per, l.first = size, max(1, chunkSize/size), expected
}

// newRing is a ledger of the last records, per of them.
func newRing[T Float](size, per int) ledger[T] {
	return ledger[T]{size: size, per: per, chunk: vectors[T](1, size*per), ring: true}
}

// next appends a record and returns it.
func (l *ledger[T]) next() []T {
	if !l.ring {
		if c, _ := l.place(l.n); c == len(l.chunk) {
			l.chunk = append(l.chunk, make([]T, l.size*l.records(c)))
		}
	}
	l.n++
	if l.ring {
		l.low = max(l.low, l.n-l.per)
	}
	return l.at(l.n - 1)
}

// at is record n, nil where a ring hasn't got it.
func (l *ledger[T]) at(n int) []T {
	c, i := 0, n%l.per
	if !l.ring {
		c, i = l.place(n)
	} else if n >= l.n || n < l.low {
		return nil
	}
	return l.chunk[c][i*l.size : (i+1)*l.size : (i+1)*l.size]
}

// records is how many chunk c has.
func (l *ledger[T]) records(c int) int {
	if l.first > 0 {
		if c == 0 {
			return l.first
		}
		c--
	}
	return l.per << min(c, topChunk)
}

// place is the chunk of record n, and its place there. With chunks of 1, 2, 4, ..., 2^k, 2^k, ... units behind that of
// the expected records, chunk c < k of them begins at unit 2^c − 1, and the others lie 2^k units apart.
func (l *ledger[T]) place(n int) (chunk, i int) {
	const top = 1 << topChunk
	if n < l.first {
		return 0, n
	}
	n -= l.first
	unit := n/l.per + 1
	c := bits.Len(uint(unit)) - 1
	begin := 1 << c
	if unit >= top {
		c = topChunk + (unit-top)/top
		begin = top * (c - topChunk + 1)
	}
	i = n - (begin-1)*l.per
	if l.first > 0 {
		c++
	}
	return c, i
}
