package main

import (
	"runtime"
	"runtime/metrics"
	"sync"
)

// peakHeap finds the most that live objects of the heap take. The collector counts them: a sample is a collection.
type peakHeap struct {
	mu   sync.Mutex
	on   bool
	most uint64
}

// live is the size of the objects that a collection finds alive. The collector takes what is allocated while it marks
// for alive; that is left out, so what a goroutine beside it does counts with the next collection, and its garbage never.
func live() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	before := s[0].Value.Uint64()
	runtime.GC()
	metrics.Read(s)
	allocated, alive := s[0].Value.Uint64()-before, s[1].Value.Uint64()
	return alive - min(alive, allocated)
}

// sample counts, if a run is being measured.
func (p *peakHeap) sample() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.on {
		p.most = max(p.most, live())
	}
}

func (p *peakHeap) measure(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.on = on
}

// of is the peak of a run over what was live before, of three where a run takes less than a tenth of a second. It
// counts where the run samples, and without a pause beside it.
func (p *peakHeap) of(run func() error, seconds float64) (uint64, error) {
	runs := 3
	if seconds > 0.1 {
		runs = 1
	}
	for range 2 { // the second empties what pools the first has put aside
		p.most = live()
	}
	before := p.most
	p.measure(true)
	defer p.measure(false)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				p.sample()
			}
		}
	}()
	var err error
	for i := 0; i < runs && err == nil; i++ {
		err = run()
	}
	close(stop)
	<-stopped
	return p.most - before, err
}
