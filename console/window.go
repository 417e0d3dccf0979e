package console

import (
	"sync"

	"looksalive/cluster"
)

// window holds the newest events of a run, up to a number of bytes.
type window struct {
	limit int

	mu     sync.Mutex
	events []cluster.RunEvent
	size   int
	seq    int64         // of the newest event
	lost   int64         // bytes of the events that were dropped
	wake   chan struct{} // closed when an event comes
	over   bool
}

// cost is about how many bytes an event takes.
func cost(e cluster.RunEvent) int {
	n := 200 + len(e.Text) + len(e.Detail)
	if e.Object != nil {
		for i, name := range e.Object.Names {
			n += len(name) + 32
			if s, ok := e.Object.Values[i].(string); ok {
				n += len(s)
			}
		}
	}
	return n
}

// add numbers an event and keeps it; the oldest make room.
func (w *window) add(e cluster.RunEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seq++
	e.Seq = w.seq
	w.events = append(w.events, e)
	w.size += cost(e)
	drop := 0
	for w.size > w.limit && drop < len(w.events)-1 {
		n := cost(w.events[drop])
		w.size -= n
		w.lost += int64(n)
		drop++
	}
	if drop > 0 {
		clear(w.events[:drop])
		w.events = w.events[drop:]
	}
	close(w.wake)
	w.wake = make(chan struct{})
}

func (w *window) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.over = true
		close(w.wake)
		w.wake = make(chan struct{})
	}
}

// Batch is what a watcher gets at once.
type Batch struct {
	Events []cluster.RunEvent
	Next   int64 // to ask for what comes after
	// Missed says that events between those asked for and these are gone from
	// memory; they are in the output that can be downloaded.
	Missed bool
	Over   bool // nothing comes after these
}

// after returns what came after an event, at most most bytes of it, and a channel
// that is closed when there is more.
func (w *window) after(seq int64, most int) (Batch, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := w.seq - int64(len(w.events)) + 1 // of those kept
	from := max(seq+1, first)
	b := Batch{Next: seq, Missed: from > seq+1 && w.seq > seq}
	size := 0
	for i := from - first; i < int64(len(w.events)) && size < most; i++ {
		e := w.events[i]
		b.Events = append(b.Events, e)
		b.Next = e.Seq
		size += cost(e)
	}
	b.Over = w.over && b.Next >= w.seq
	return b, w.wake
}
