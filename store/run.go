package store

import (
	"context"
	"time"
)

// How often Run does what.
const (
	currentEvery = 100 * time.Millisecond // current rows, and with them the snapshot
	samplesEvery = time.Second            // the journal of samples
)

// Run writes what Record left behind and keeps history in shape, until ctx
// ends; then it writes the rest. Failures are reported by Health and tried
// again.
func (s *Store) Run(ctx context.Context) error {
	tick := time.NewTicker(currentEvery)
	defer tick.Stop()
	lastSamples := time.Now()
	for {
		select {
		case <-ctx.Done():
			return s.commit(context.WithoutCancel(ctx), true)
		case t := <-tick.C:
			withSamples := t.Sub(lastSamples) >= samplesEvery
			if withSamples {
				lastSamples = t
			}
			s.commit(ctx, withSamples) // a failure is Health's matter
		}
	}
}
