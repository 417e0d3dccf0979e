package access

import (
	"sync"
	"time"
)

// Somebody who fails waits longer each time: nothing for the first few, then 1 s, 2 s,
// 4 s … to the limit. Counted are the address, and the account from that address, so
// that nobody can lock another one out. An account tried from everywhere waits
// too, but never long.
const (
	freeTries    = 4
	longestWait  = 5 * time.Minute
	longestShare = 5 * time.Second // for an account, whoever tries
	forgetAfter  = 15 * time.Minute
	maxTries     = 10_000 // entries; beyond, the oldest are forgotten
)

type try struct {
	failed int
	last   time.Time
}

type tries struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]try
}

func newTries(now func() time.Time) tries { return tries{now: now, all: map[string]try{}} }

// keysOf are what an attempt counts against, and the longest wait for each. A token
// has no name: then only the address counts.
func keysOf(name, address string) map[string]time.Duration {
	if key(name) == "" {
		return map[string]time.Duration{"a|" + address: longestWait}
	}
	return map[string]time.Duration{
		"a|" + address:                   longestWait,
		"b|" + address + "|" + key(name): longestWait,
		"c|" + key(name):                 longestShare,
	}
}

// wait is how long the next attempt has to wait, 0 if it may be made now.
func (t *tries) wait(name, address string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, longest := t.now(), time.Duration(0)
	for k, most := range keysOf(name, address) {
		x := t.all[k]
		free := freeTries
		if k[0] != 'b' {
			free *= 5 // several people may share an address
		}
		if x.failed <= free || now.Sub(x.last) > forgetAfter {
			continue
		}
		pause := min(most, time.Second<<min(x.failed-free-1, 20))
		longest = max(longest, pause-now.Sub(x.last))
	}
	return longest
}

// failed counts an attempt, and succeeded forgets those of this account from here.
func (t *tries) failed(name, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if len(t.all) > maxTries {
		for k, x := range t.all {
			if now.Sub(x.last) > forgetAfter || len(t.all) > 2*maxTries {
				delete(t.all, k)
			}
		}
	}
	for k := range keysOf(name, address) {
		x := t.all[k]
		if now.Sub(x.last) > forgetAfter {
			x.failed = 0
		}
		t.all[k] = try{x.failed + 1, now}
	}
}

func (t *tries) succeeded(name, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k := range keysOf(name, address) {
		if k[0] != 'a' {
			delete(t.all, k)
		}
	}
}
