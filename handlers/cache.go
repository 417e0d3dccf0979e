package handlers

import (
	"context"
	"sync"
	"time"
)

const (
	documentAge   = time.Second // ages in a page are written when it is made
	documentBytes = 8 << 20     // kept at most
)

// documentCache keeps whole documents while the snapshot they show is the
// newest: when the program comes back after a restart all browsers ask for
// the same few pages at once, and each is made once.
type documentCache struct {
	mu    sync.Mutex
	kept  map[string]*keptDocument
	bytes int
}

// keptDocument is a document, plain and compressed. done is closed when it is
// made; err is set if it could not be.
type keptDocument struct {
	done        chan struct{}
	version     uint64
	at          time.Time
	plain, gzip []byte
	err         error
	size        int // as counted, under the lock of the cache
}

// get returns the document at an address as of a moment, made at most once.
func (c *documentCache) get(ctx context.Context, address string, m moment, build func() ([]byte, error)) (*keptDocument, error) {
	c.mu.Lock()
	d := c.kept[address]
	if d == nil || d.version != m.snap.Version || m.now.Sub(d.at) >= documentAge || m.now.Before(d.at) {
		d = &keptDocument{done: make(chan struct{}), version: m.snap.Version, at: m.now}
		c.put(address, d)
		c.mu.Unlock()
		c.fill(address, d, build)
	} else {
		c.mu.Unlock()
	}
	select {
	case <-d.done:
		return d, d.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// put replaces what is kept for an address. When too much is kept, all goes:
// the next snapshot would have made it worthless anyway.
func (c *documentCache) put(address string, d *keptDocument) {
	if c.kept == nil || c.bytes > documentBytes || len(c.kept) > 1000 {
		c.kept, c.bytes = map[string]*keptDocument{}, 0
	}
	if old := c.kept[address]; old != nil {
		c.bytes -= old.size
	}
	c.kept[address] = d
}

// fill makes the document. One that failed is not kept, also when making it
// panicked: those who wait must not wait for ever.
func (c *documentCache) fill(address string, d *keptDocument, build func() ([]byte, error)) {
	d.err = errPanicked
	defer func() {
		c.mu.Lock()
		if c.kept[address] == d {
			if d.err != nil {
				delete(c.kept, address)
			} else {
				d.size = len(d.plain) + len(d.gzip)
				c.bytes += d.size
			}
		}
		c.mu.Unlock()
		close(d.done)
	}()
	if d.plain, d.err = build(); d.err == nil && len(d.plain) >= gzipMin {
		d.gzip = compress(d.plain)
	}
}
